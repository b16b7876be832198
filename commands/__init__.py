"""The commands, a module each: parse, call one function of a package, print. No rule of evidence lives here.

What several of them share stands beside them: options, output, progress, exit codes.
"""
