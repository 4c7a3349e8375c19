"""mathpal's sweeper and launchers, where Hydra looks for plugins; light, as it imports all."""
