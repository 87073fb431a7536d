"""What is written about function models: the models, their drawings, their versions."""
