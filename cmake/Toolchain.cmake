# The compiler's helpers, and the libraries of Debian 12: each version is named only here.
include_guard()
include(CheckLinkerFlag)

find_program(HEARTH_CCACHE ccache)
if(HEARTH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Settings that ccache requires for sources with a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${HEARTH_CCACHE})
endif()
find_program(HEARTH_MOLD mold)
if(HEARTH_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
add_compile_options(-ffunction-sections -fdata-sections)
add_link_options(-Wl,--gc-sections)

# A program for every node links its C++ libraries statically, and so contains only what it uses of
# them: an agent alone on its machine takes 1.3 MiB less memory. Sanitizers require the shared runtime.
set(Boost_USE_STATIC_LIBS ON)
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  add_link_options(-static-libstdc++ -static-libgcc)
endif()

# Code that mostly waits for what is outside the process is compiled for size. The kernel maps whatever
# lies near the code that runs, so nearly all of a program's code counts as its memory.
set(HEARTH_SIZE_OPTIONS "")
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  set(HEARTH_SIZE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-Os>)
endif()

# A program's relocations, packed: those of an agent take 145 KiB otherwise, all read at its start. Only
# GNU ld also notes in the program that it needs a libc that can read them, which libc insists on.
set(HEARTH_PROGRAM_LINK_OPTIONS "")
check_linker_flag(CXX "-fuse-ld=bfd;-Wl,-z,pack-relative-relocs" HEARTH_HAS_PACKED_RELOCATIONS)
if(HEARTH_HAS_PACKED_RELOCATIONS)
  set(HEARTH_PROGRAM_LINK_OPTIONS -fuse-ld=bfd -Wl,-z,pack-relative-relocs)
endif()

set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS context)
find_package(fmt 9 REQUIRED)
find_package(spdlog REQUIRED)
find_package(tl-expected REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(LibArchive REQUIRED)
find_package(PkgConfig REQUIRED)
find_path(HEARTH_NETTLE_HEADERS nettle/sha2.h REQUIRED)
find_library(HEARTH_NETTLE_ARCHIVE libnettle.a REQUIRED)
find_path(HEARTH_RE2_HEADERS re2/re2.h REQUIRED)
find_library(HEARTH_RE2_ARCHIVE libre2.a REQUIRED)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
pkg_check_modules(FYAML REQUIRED IMPORTED_TARGET libfyaml)

# Tests are half of the compiled code. Their speed does not matter, so they are not optimized, and the
# headers that all of them include are precompiled.
if(BUILD_TESTING)
  find_package(rapidcheck REQUIRED)
  set(HEARTH_TEST_OPTIONS -O0 -fpch-preprocess)  # -fpch-preprocess is for ccache.
  add_library(hearth_test_headers OBJECT cmake/test_headers.cc)
  target_link_libraries(hearth_test_headers PRIVATE GTest::gmock hearth_warnings)
  target_compile_options(hearth_test_headers PRIVATE ${HEARTH_TEST_OPTIONS})
  target_precompile_headers(hearth_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
endif()

# Hidden from shared libraries that want nettle themselves (libarchive): they have their own.
add_library(nettle-static INTERFACE)
target_include_directories(nettle-static SYSTEM INTERFACE ${HEARTH_NETTLE_HEADERS})
target_link_libraries(nettle-static INTERFACE ${HEARTH_NETTLE_ARCHIVE})
target_link_options(nettle-static INTERFACE -Wl,--exclude-libs,libnettle.a)

add_library(re2-static INTERFACE)
target_include_directories(re2-static SYSTEM INTERFACE ${HEARTH_RE2_HEADERS})
target_link_libraries(re2-static INTERFACE ${HEARTH_RE2_ARCHIVE} Threads::Threads)

foreach(part json url)
  add_library(boost-${part}-static STATIC cmake/boost_${part}.cc)
  target_link_libraries(boost-${part}-static PUBLIC Boost::headers)
  add_library(Boost::${part} ALIAS boost-${part}-static)
endforeach()

add_library(fmt-static STATIC cmake/fmt.cc)
get_target_property(fmt_headers fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(fmt-static SYSTEM PUBLIC ${fmt_headers})

# spdlog likewise: a target that links its headers gets its non-template code from this library.
add_library(spdlog-static STATIC cmake/spdlog.cc)
target_compile_definitions(spdlog-static PUBLIC SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
target_link_libraries(spdlog-static PUBLIC fmt-static Threads::Threads)
target_compile_options(spdlog-static PRIVATE ${HEARTH_SIZE_OPTIONS})
set_target_properties(spdlog::spdlog_header_only PROPERTIES INTERFACE_LINK_LIBRARIES spdlog-static)
