"""How the memory of a process is divided by what it holds."""

from bench.lab.memory_parts import CODE, CONSTANTS, COROUTINES, HEAP, LIBRARIES, RDKAFKA, REST, THREADS, TLS, Memory, markdown, memory_parts, parts_of, table


def mapping(path: str, permissions: str, size: int, pss: int, own: int) -> str:
    return (f"7f0000000000-7f0000001000 {permissions} 00000000 08:01 42                         {path}\n"
            f"Size:            {size:8} kB\nPss:             {pss:8} kB\nPss_Dirty:              7 kB\n"
            f"Private_Clean:          7 kB\nPrivate_Dirty:   {own:8} kB\nTHPeligible:    0\nVmFlags: rd mr mw me sd\n")


SMAPS = "".join([
    mapping("/opt/bin/hearth-agent", "r--p", 900, 400, 0), mapping("/opt/bin/hearth-agent", "r-xp", 2000, 1900, 0), mapping("/opt/bin/hearth-agent", "r--p", 72, 72, 72),
    mapping("/opt/bin/hearth-agent", "rw-p", 8, 8, 8), mapping("", "rw-p", 28, 28, 28),
    mapping("/usr/lib/librdkafka.so.1", "r-xp", 1200, 900, 0), mapping("/usr/lib/librdkafka.so.1", "rw-p", 4, 4, 4),
    mapping("/usr/lib/libcrypto.so.3", "r--p", 2000, 1200, 390), mapping("/usr/lib/libssl.so.3", "r-xp", 300, 60, 0), mapping("/usr/lib/libc.so.6", "r-xp", 1300, 50, 0),
    mapping("[heap]", "rw-p", 800, 700, 700), mapping("[stack]", "rw-p", 132, 40, 40), mapping("", "rw-p", 8192, 28, 28), mapping("", "---p", 4, 0, 0),
    mapping("", "rw-p", 256, 12, 12), mapping("", "rw-p", 288, 20, 20)])


def test_each_mapping_belongs_to_one_part():
    parts = parts_of(SMAPS, "hearth-agent")
    assert parts == {CODE: Memory(1900, 0), CONSTANTS: Memory(472, 72), REST: Memory(36, 36), RDKAFKA: Memory(904, 4), TLS: Memory(1260, 390),
                     LIBRARIES: Memory(50, 0), HEAP: Memory(700, 700), THREADS: Memory(68, 68), COROUTINES: Memory(32, 32)}


def test_the_heap_is_divided_by_what_others_have_of_it_and_nothing_is_lost():
    full = parts_of(SMAPS, "hearth-agent")
    rows = table({HEAP: Memory(300, 300)}, {HEAP: Memory(450, 450)}, full, 10)
    assert [memory.pss for part, memory in rows if part.startswith(HEAP)] == [300, 150, 250]
    assert rows[-1] == ("all", sum(full.values(), Memory()))
    assert "| all | 5,422 | 1,302 |\n" in markdown(rows)


def test_a_process_can_be_read():
    import os
    parts = memory_parts(os.getpid())
    assert parts[HEAP].pss > 0 and parts[HEAP].own <= parts[HEAP].pss
