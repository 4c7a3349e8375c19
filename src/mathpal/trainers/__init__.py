"""Trainers: one `build` each, over the trainers of TRL."""
