"""Whether goldenhour, on this machine, captures known scenes as it should, and finds every alteration of them.

For a laboratory's accreditation file (ISO/IEC 17025 asks that a method is shown to work where it is used): scenes of
fixed bytes are captured, and every hash and fact is compared with what is known beforehand. Stands on capture and
exports.
"""
