"""Vietnamese school mathematics: texts, numbers, answers, problems."""
