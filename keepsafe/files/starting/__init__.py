"""A new compendium of somebody's own: the files to start from, on an example that was made up."""

from keepsafe.files.starting.new import new

__all__ = ["new"]
