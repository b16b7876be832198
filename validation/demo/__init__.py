"""A small scene that ships with goldenhour, to be served on this computer and captured."""

from validation.demo.scene import DemoScene

__all__ = ["DemoScene"]
