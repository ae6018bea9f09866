// The part of CUDA that the kernels use, for the host's C++ compiler: built-in variables, shared
// memory, barriers and atomics. A kernel runs one GPU thread after the other; where they share
// memory, each thread of a block is a fiber that a barrier leaves and comes back to.
#pragma once

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(threads, blocks)
#define __shared__ thread_local

struct HostDim { unsigned x, y, z; };

static thread_local HostDim threadIdx, blockIdx, blockDim, gridDim;
static thread_local int heat_constants[64];

const size_t HOST_SHARED_BYTES = 48 << 10;  // what a block has without asking for more
extern "C" { thread_local unsigned long long heat_shared[HOST_SHARED_BYTES / 8]; }

// Threads run one after the other, so that nothing comes between.
template <class T> static T atomicAdd(T *at, T value) {
    const T old = *at;
    *at += value;
    return old;
}

template <class T> static T atomicMin(T *at, T value) {
    const T old = *at;
    if (value < old) *at = value;
    return old;
}

template <class T> static T atomicMax(T *at, T value) {
    const T old = *at;
    if (value > old) *at = value;
    return old;
}

const size_t HOST_STACK_BYTES = 64 << 10;

struct HostFiber {
    ucontext_t context;
    HostDim index;
    bool done;
};

static thread_local std::vector<HostFiber> host_fibers;
static thread_local std::vector<char> host_stacks;

static thread_local ucontext_t host_scheduler;
static thread_local HostFiber *host_running;
static thread_local void (*host_kernel)(void **);
static thread_local void **host_arguments;
static thread_local int host_barriers;

static void __syncthreads() {
    if (!host_running) {
        if (blockDim.x * blockDim.y * blockDim.z == 1) return;
        fprintf(stderr, "a barrier without shared memory\n");
        abort();
    }
    host_barriers++;
    HostFiber *self = host_running;
    swapcontext(&self->context, &host_scheduler);
    threadIdx = self->index;
}

static void host_fiber() {
    host_kernel(host_arguments);
    host_running->done = true;
}

static HostDim host_index(size_t i) {
    return {(unsigned)(i % blockDim.x), (unsigned)(i / blockDim.x % blockDim.y),
            (unsigned)(i / blockDim.x / blockDim.y)};
}

// Runs the threads of one block from barrier to barrier; all must come to each, or to none.
static void host_block(size_t count) {
    host_fibers.resize(count);
    host_stacks.resize(count * HOST_STACK_BYTES);
    for (size_t i = 0; i < count; i++) {
        HostFiber &fiber = host_fibers[i];
        fiber.index = host_index(i), fiber.done = false;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = host_stacks.data() + i * HOST_STACK_BYTES;
        fiber.context.uc_stack.ss_size = HOST_STACK_BYTES;
        fiber.context.uc_link = &host_scheduler;
        makecontext(&fiber.context, host_fiber, 0);
    }
    for (size_t running = count; running;) {
        size_t left = 0;
        for (HostFiber &fiber : host_fibers) {
            if (fiber.done) continue;
            host_running = &fiber;
            threadIdx = fiber.index;
            swapcontext(&host_scheduler, &fiber.context);
            left += !fiber.done;
        }
        host_running = nullptr;
        if (left && left != running) {
            fprintf(stderr, "%zu of %zu threads wait at a barrier\n", left, running);
            abort();
        }
        running = left;
    }
}

// Runs a kernel; shared memory is dirty before each block. Returns the barriers that fibers met.
static int host_launch(
    void (*kernel)(void **), const unsigned *grid, const unsigned *block, size_t shared_bytes,
    void **arguments
) {
    gridDim = {grid[0], grid[1], grid[2]}, blockDim = {block[0], block[1], block[2]};
    host_kernel = kernel, host_arguments = arguments, host_barriers = 0;
    size_t count = (size_t)block[0] * block[1] * block[2];
    for (unsigned z = 0; z < grid[2]; z++)
        for (unsigned y = 0; y < grid[1]; y++)
            for (unsigned x = 0; x < grid[0]; x++) {
                blockIdx = {x, y, z};
                memset(heat_shared, 0xAA, shared_bytes);
                if (shared_bytes && count > 1) {
                    host_block(count);
                    continue;
                }
                for (size_t i = 0; i < count; i++) threadIdx = host_index(i), kernel(arguments);
            }
    return host_barriers;
}

// Calls a kernel of one argument with what the launch brought for it.
template <class A> static void host_call(void (*kernel)(A), void **arguments) {
    kernel(*(A *)arguments[0]);
}
