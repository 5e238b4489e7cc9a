"""The console: what operators do, as pages in a browser on their own machine."""
