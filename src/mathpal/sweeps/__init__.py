"""Many runs as one sweep: asked of an Optuna study, carried out in slots, told back, reported."""
