"""From what was named to jobs, all of them checked before the first begins."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from glob import has_magic
from typing import Any

from heatvid._batch import marks
from heatvid._batch.dumps import dumps_in
from heatvid._batch.identity import identity_of
from heatvid._batch.job import JobSpec
from heatvid._batch.manifest import OWN, is_manifest, read_manifest
from heatvid._batch.naming import FIELDS, fields_of, filled, output_of
from heatvid._encode.containers import check_suffix, suffix_of
from heatvid._encode.opening import check_output
from heatvid._errors import OptionError, SourceError, brief, called
from heatvid._jobs.made import options_from
from heatvid._options.options import Options
from heatvid._options.record import FILES
from heatvid.sources._files import natural_key

_PAIRED = ("background", "alpha_mask")  # with sources, by their names


@dataclass(frozen=True)
class Wanted:
    """What a batch is asked to be.

    Attributes
    ----------
    folder : str or None
        Of outputs that a pattern names.
    name : str
        That pattern.
    resume : bool
        Whether outputs that are whole and of the same job are kept.
    retry_failed : bool
        Whether only what failed is run.
    part : (int, int) or None
        Which share of how many, from 1 on.
    shared_limits : bool
        Whether all have one scale.
    gallery : bool
        Whether a page in the folder shows the outputs.
    """

    folder: str | None = None
    name: str = "{stem}.mp4"
    resume: bool = False
    retry_failed: bool = False
    part: tuple[int, int] | None = None
    shared_limits: bool = False
    gallery: bool = False


@dataclass(frozen=True)
class _Row:
    """A job as it was named: what to call it in messages, and what it was given."""

    label: str
    source: Any
    output: str | None
    given: Mapping[str, Any]


def plan_jobs(
    sources: Any, wanted: Wanted, given: Mapping[str, Any]
) -> tuple[list[JobSpec], list[str]]:
    """Decide what each job is; give them, in order, and what is to be said of that.

    Raises
    ------
    UsageError
        A source, an output or an option cannot be used; nothing has begun.
    """
    notes: list[str] = []
    rows = list(_rows(sources, given, notes))
    if not rows:
        raise OptionError("jobs: got none; one or more are needed")
    specs = list(_specs(rows, wanted, given))
    _demand_apart(specs)
    return specs, notes


def _rows(sources: Any, given: Mapping[str, Any], notes: list[str]) -> Iterator[_Row]:
    """Name every job: of a table a row each, of what else is named each dump that it holds."""
    several = isinstance(sources, Sequence) and not isinstance(sources, str | bytes)
    for number, each in enumerate(sources if several else [sources]):
        if isinstance(each, Mapping):
            yield _row_of(f"job {number}", each)
        elif not isinstance(each, str | bytes | os.PathLike):
            raise OptionError(f"jobs: got {brief(each)}; allowed are paths, and dicts with source")
        elif is_manifest(path := os.fsdecode(each)):
            for label, row in read_manifest(path):
                yield _row_of(label, row)
        else:
            found = dumps_in(path, given.get("layout"), given.get("channel"))
            notes += [found.note] if found.note else []
            for dump in found.paths:
                yield _Row(called(dump), dump, None, {})


def _row_of(label: str, row: Mapping[str, Any]) -> _Row:
    if row.get("source") is None:
        raise OptionError(f"{label}: has no source; allowed is a path")
    source, output = row["source"], row.get("output")
    if isinstance(source, os.PathLike | bytes):
        source = os.fsdecode(source)
    options = {name: each for name, each in row.items() if name not in OWN and each is not None}
    return _Row(label, source, None if output is None else os.fsdecode(output), options)


def _specs(rows: Sequence[_Row], wanted: Wanted, given: Mapping[str, Any]) -> Iterator[JobSpec]:
    checked: dict[str, Options] = {}  # by what was given, of which most rows have the same
    for number, row in enumerate(rows):
        asked = {**given, **row.given}
        fields = fields_of(row.source, asked.get("key"), number)
        try:
            output = _output(row, wanted, fields)
            for name in _PAIRED:
                if isinstance(asked.get(name), str):
                    asked[name] = filled(name, asked[name], fields)
            token = repr((suffix_of(output), sorted(asked.items(), key=lambda item: item[0])))
            if token not in checked:
                checked[token] = _options(asked, output)
        except OptionError as error:
            told = row.given or row.output is not None
            raise OptionError(f"{row.label}: {error}") if told else error from None
        yield JobSpec(number, row.source, output, checked[token], poster=wanted.gallery)


def _options(asked: Mapping[str, Any], output: str) -> Options:
    options = options_from(asked, output=output)
    if options.format is not None:
        raise OptionError(
            f"format: got {options.format!r}; allowed is none in a batch: name={{stem}}.mkv says it"
        )
    return replace(options, progress=False)


def _output(row: _Row, wanted: Wanted, fields: Mapping[str, str]) -> str:
    if row.output is None and wanted.folder is None:
        raise OptionError(f"{row.label}: has no output; give one, or a folder for all")
    if row.output is None:
        output = output_of(wanted.folder or "", wanted.name, fields)
    else:
        output = os.path.join(wanted.folder or "", row.output)
    check_suffix(output)
    return output


def _demand_apart(specs: Sequence[JobSpec]) -> None:
    """Refuse two jobs with one output, and an output that is the source of any job."""
    owners: dict[str, JobSpec] = {}
    for spec in specs:
        path = os.path.realpath(spec.output)
        if (other := owners.setdefault(path, spec)) is not spec:
            raise OptionError(
                f"{called(spec.output)}: is the output of two jobs, of {_shown(other)} and of "
                f"{_shown(spec)}; a pattern with more of {', '.join(f'{{{f}}}' for f in FIELDS)} "
                "names them apart (--name)"
            )
    for spec in specs:
        if isinstance(spec.source, str) and (path := os.path.realpath(spec.source)) in owners:
            raise OptionError(
                f"{called(owners[path].output)}: is an output of this batch, and a source, too; "
                "choose another folder"
            )


def _shown(spec: JobSpec) -> str:
    return called(spec.source) if isinstance(spec.source, str) else f"job {spec.number}"


def share(specs: list[JobSpec], part: tuple[int, int] | None) -> list[JobSpec]:
    """Every so many of the jobs, in the order of their outputs, whatever order they came in."""
    if part is None:
        return specs
    which, parts = part
    ordered = sorted(specs, key=lambda spec: natural_key(spec.output))
    return ordered[which - 1 :: parts]


def demand_writable(specs: Sequence[JobSpec], resume: bool) -> None:
    """Refuse an output that cannot be written, or that stands there and is not to be replaced."""
    for spec in specs:
        _check_output(spec, resume)


def _check_output(spec: JobSpec, resume: bool) -> None:
    options = spec.options
    there = marks.files_of(spec.output)
    if there and not options.overwrite and not (resume and marks.is_marked(spec.output)):
        what = "was made by no batch; --overwrite replaces it" if resume else (
            "--continue (resume=True) goes on with an earlier batch, --overwrite replaces it"
        )  # fmt: skip
        raise OptionError(f"{called(there[0])}: exists already; {what}")
    inputs = (options.background, options.alpha_mask)
    check_output(spec.output, overwrite=True, inputs=inputs, start=options.start_number)


def begun(spec: JobSpec, resume: bool) -> JobSpec:
    """A job that may replace its own output, with its identity, once nothing of it will change."""
    if not resume:
        marks.forget(spec.output)
    options = replace(spec.options, overwrite=True)
    return replace(
        spec, options=options, identity=identity_of(spec.source, spec.output, spec.options)
    )


def elsewhere(spec: JobSpec) -> JobSpec:
    """A job for processes that may work in another folder: its paths begin at the root."""
    beside = {name: _absolute(getattr(spec.options, name)) for name in FILES}
    return replace(
        spec,
        source=_absolute(spec.source),
        output=os.path.abspath(spec.output),
        options=replace(spec.options, **beside),
    )


def _absolute(value: Any) -> Any:
    """A path from the root on; what names no file, a colour say, stays as it is."""
    if isinstance(value, list | tuple):
        return type(value)(_absolute(each) for each in value)
    if not isinstance(value, str) or "://" in value:
        return value
    file = value.rpartition(":")[0] if ":" in value else ""
    named = os.path.lexists(value) or has_magic(value) or os.path.lexists(file)
    return os.path.abspath(value) if named else value


def demand_part(part: Any) -> tuple[int, int] | None:
    """Read which share of how many, ``(I, N)`` or ``"I/N"``, from 1 on."""
    if part is None:
        return None
    try:
        which, parts = (int(each) for each in (part.split("/") if isinstance(part, str) else part))
    except (TypeError, ValueError):
        which, parts = 0, 0
    if not 1 <= which <= parts:
        raise OptionError(f"part: got {brief(part)}; allowed is I/N with I in 1..N, as 1/4")
    return which, parts


def demand_folder(folder: Any) -> str | None:
    """Read the folder of outputs."""
    if folder is None:
        return None
    path = os.fsdecode(folder)
    if os.path.lexists(path) and not os.path.isdir(path):
        raise SourceError(f"{called(path)}: is not a folder; choose another for the outputs")
    return path
