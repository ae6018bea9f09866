"""What is drawn around and on tiles: colourbars, texts, legends, scale bars."""
