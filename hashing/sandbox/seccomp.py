"""seccomp (Linux 3.5): system calls that a reader has no use for are refused by the kernel, whoever makes them.

The network, other programs and processes, names and modes of files, mounts, the kernel itself; and, where Landlock is
not there to see to it, opening a file to write. A filter is a program for the kernel's packet filter
(https://docs.kernel.org/userspace-api/seccomp_filter.html).
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from errno import EACCES, ENOSYS
from typing import NamedTuple

# prctl(2).
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
# linux/bpf_common.h: BPF_LD|W|ABS, BPF_JMP|JEQ|K, JGE, JSET, BPF_RET|K.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
# linux/seccomp.h: SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW.
_KILL, _ERROR, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
# Offsets in struct seccomp_data.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_LAST_KNOWN = 470  # Later system calls than those that were looked at are answered as an older kernel would.
# linux/sched.h: CLONE_THREAD.
_CLONE_THREAD = 0x10000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# asm/ioctls.h: TIOCSTI, TIOCLINUX.
_STEALS_INPUT, _STEALS_SELECTION = 0x5412, 0x541C


class _Machine(NamedTuple):
    """An architecture: its audit number, and the numbers of system calls, by the column in the tables below."""

    audit: int
    column: int


# linux/audit.h: AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64; the column of the table below.
_MACHINES = {"x86_64": _Machine(0xC000003E, 0), "aarch64": _Machine(0xC00000B7, 1)}

# Name, number on x86-64, number on AArch64; None where the architecture has no such call.
_REFUSED: tuple[tuple[str, int | None, int | None], ...] = (
    # the network
    ("socket", 41, 198), ("socketpair", 53, 199), ("connect", 42, 203), ("bind", 49, 200), ("listen", 50, 201),
    ("accept", 43, 202), ("accept4", 288, 242),
    # other programs and processes
    ("execve", 59, 221), ("execveat", 322, 281), ("fork", 57, None), ("vfork", 58, None), ("ptrace", 101, 117),
    ("process_vm_readv", 310, 270), ("process_vm_writev", 311, 271), ("kcmp", 312, 272), ("pidfd_open", 434, 434),
    ("pidfd_getfd", 438, 438), ("pidfd_send_signal", 424, 424), ("process_madvise", 440, 440),
    ("process_mrelease", 448, 448), ("kill", 62, 129), ("tkill", 200, 130), ("rt_sigqueueinfo", 129, 138),
    ("rt_tgsigqueueinfo", 297, 240), ("setrlimit", 160, 164), ("setpriority", 141, 140), ("ioprio_set", 251, 30),
    ("sched_setaffinity", 203, 122), ("sched_setparam", 142, 118), ("sched_setscheduler", 144, 119),
    ("sched_setattr", 314, 274), ("move_pages", 279, 239), ("migrate_pages", 256, 238),
    # names, modes and sizes of files
    ("mknod", 133, None), ("mknodat", 259, 33), ("chown", 92, None), ("fchown", 93, 55), ("lchown", 94, None),
    ("fchownat", 260, 54), ("chmod", 90, None), ("fchmod", 91, 52), ("fchmodat", 268, 53), ("fchmodat2", 452, 452),
    ("setxattr", 188, 5), ("lsetxattr", 189, 6), ("fsetxattr", 190, 7), ("removexattr", 197, 14),
    ("lremovexattr", 198, 15), ("fremovexattr", 199, 16), ("setxattrat", 463, 463), ("removexattrat", 466, 466),
    ("utime", 132, None), ("utimes", 235, None), ("futimesat", 261, None), ("utimensat", 280, 88),
    ("unlink", 87, None), ("unlinkat", 263, 35), ("rmdir", 84, None), ("rename", 82, None), ("renameat", 264, 38),
    ("renameat2", 316, 276), ("mkdir", 83, None), ("mkdirat", 258, 34), ("link", 86, None), ("linkat", 265, 37),
    ("symlink", 88, None), ("symlinkat", 266, 36), ("truncate", 76, 45), ("ftruncate", 77, 46), ("creat", 85, None),
    ("fallocate", 285, 47), ("open_by_handle_at", 304, 265), ("name_to_handle_at", 303, 264), ("flock", 73, 32),
    # mounts and namespaces
    ("mount", 165, 40), ("umount2", 166, 39), ("pivot_root", 155, 41), ("chroot", 161, 51), ("unshare", 272, 97),
    ("setns", 308, 268), ("open_tree", 428, 428), ("move_mount", 429, 429), ("fsopen", 430, 430),
    ("fsconfig", 431, 431), ("fsmount", 432, 432), ("fspick", 433, 433), ("mount_setattr", 442, 442),
    ("open_tree_attr", 467, 467),
    # the kernel itself
    ("bpf", 321, 280), ("perf_event_open", 298, 241), ("userfaultfd", 323, 282), ("keyctl", 250, 219),
    ("add_key", 248, 217), ("request_key", 249, 218), ("init_module", 175, 105), ("finit_module", 313, 273),
    ("delete_module", 176, 106), ("kexec_load", 246, 104), ("kexec_file_load", 320, 294), ("reboot", 169, 142),
    ("swapon", 167, 224), ("swapoff", 168, 225), ("quotactl", 179, 60), ("quotactl_fd", 443, 443), ("acct", 163, 89),
    ("syslog", 103, 116), ("settimeofday", 164, 170), ("clock_settime", 227, 112), ("clock_adjtime", 305, 266),
    ("adjtimex", 159, 171), ("sethostname", 170, 161), ("setdomainname", 171, 162), ("iopl", 172, None),
    ("ioperm", 173, None), ("modify_ldt", 154, None), ("vhangup", 153, 58), ("uselib", 134, None),
    ("personality", 135, 92), ("io_uring_setup", 425, 425), ("io_uring_enter", 426, 426),
    ("io_uring_register", 427, 427), ("fanotify_init", 300, 262), ("lookup_dcookie", 212, 18),
    # shared memory and queues of other processes
    ("shmget", 29, 194), ("shmat", 30, 196), ("shmctl", 31, 195), ("semget", 64, 190), ("semop", 65, 193),
    ("semctl", 66, 191), ("semtimedop", 220, 192), ("msgget", 68, 186), ("msgsnd", 69, 189), ("msgrcv", 70, 188),
    ("msgctl", 71, 187), ("mq_open", 240, 180), ("mq_unlink", 241, 181),
)  # fmt: skip
_HIDDEN = (435, 437)  # clone3 and openat2, on every architecture.
# What a program that writes a file needs, and to be started.
OF_A_PROGRAM = frozenset({"execve", "ftruncate", "fallocate", "flock", "unlink", "unlinkat", "sched_setaffinity"})
# What a command of ours needs that writes files, and starts interpreters of its own. No network, none the less.
OF_A_COMMAND = OF_A_PROGRAM | frozenset(
    {"fork", "vfork", "clone", "kill", "tkill", "tgkill", "socketpair", "setrlimit", "prlimit64"}
    | {"mkdir", "mkdirat", "rename", "renameat", "renameat2", "rmdir", "symlink", "symlinkat", "link", "linkat"}
    | {"chmod", "fchmod", "fchmodat", "utimensat", "truncate", "creat"}
)
# What serves a socket that was handed over, and writes files: it connects to nobody, and opens no other door.
OF_A_SERVER = frozenset({"accept", "accept4", "ftruncate", "unlink", "unlinkat", "rename", "renameat", "renameat2"})


def forbid_calls(allowed: frozenset[str] = frozenset()) -> str:
    """Restrict this thread and all that it starts, for good; return "" or why that cannot be.

    `allowed` are calls that this program cannot do without. With any of them files may be opened to write: Landlock
    sees to which.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return f"not known here for {platform.machine()}"
    filters = _filter(machine, allowed)
    code = ctypes.create_string_buffer(filters, len(filters))
    # struct sock_fprog: how many instructions of eight bytes, and where they are.
    head = struct.pack("@HP", len(filters) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.prctl(_SET_SECCOMP, _FILTER, head, 0, 0) != 0:
        return os.strerror(ctypes.get_errno())
    return ""


def _filter(machine: _Machine, allowed: frozenset[str]) -> bytes:
    """Return the filter: each step is a jump over the one that refuses, so that their order says what happens."""
    column = machine.column
    refuse = _step(_RETURN, _ERROR | EACCES)
    code = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, machine.audit, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _LAST_KNOWN, 0, 1),
        _step(_RETURN, _ERROR | ENOSYS),
    ]
    for name, *numbers in _REFUSED:
        if (number := numbers[column]) is not None and name not in allowed:
            code += [_step(_EQUAL, number, 0, 1), refuse]
    # Their arguments stand in memory, where no filter sees them: libraries fall back on the older calls.
    for number in _HIDDEN:
        code += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ERROR | ENOSYS)]
    # clone: a thread and nothing else
    if "clone" not in allowed:
        code += _with_argument((56, 220)[column], 0, [_step(_ANY_BIT, _CLONE_THREAD, 1, 0), refuse])
    # tgkill: this process itself, which is how it aborts
    if "tgkill" not in allowed:
        code += _with_argument((234, 131)[column], 0, [_step(_EQUAL, os.getpid(), 1, 0), refuse])
    # prlimit64: asked, not set: its third argument, of 64 bits, points nowhere
    for half in () if "prlimit64" in allowed else (2, 2.5):
        code += _with_argument((302, 261)[column], half, [_step(_EQUAL, 0, 1, 0), refuse])
    # ioctl: nothing is typed on a terminal
    for request in (_STEALS_INPUT, _STEALS_SELECTION):
        code += _with_argument((16, 29)[column], 1, [_step(_EQUAL, request, 0, 1), refuse])
    # open and openat: to read
    opening = ((2, 1), (257, 2)) if column == 0 else ((56, 2),)
    for number, argument in () if allowed else opening:
        code += _with_argument(number, argument, [_step(_ANY_BIT, _WRITING, 0, 1), refuse])
    return b"".join([*code, _step(_RETURN, _ALLOW)])


def _with_argument(number: int, argument: float, steps: list[bytes]) -> list[bytes]:
    """Return steps that look at the low half of one argument of one call, and leave the number loaded behind them.

    Where `argument` ends in .5 it is the high half.
    """
    look = [_step(_LOAD, _ARGUMENTS + int(8 * argument)), *steps, _step(_LOAD, _NUMBER)]
    return [_step(_EQUAL, number, 0, len(look)), *look]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)
