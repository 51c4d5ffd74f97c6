# Compilers' helpers and the libraries that Debian 12 ships. One place, so that a version is named once.
include_guard()

find_program(HEARTH_CCACHE ccache)
if(HEARTH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # What ccache wants to be told before it takes sources with a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${HEARTH_CCACHE})
endif()
find_program(HEARTH_MOLD mold)
if(HEARTH_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
add_compile_options(-ffunction-sections -fdata-sections)
add_link_options(-Wl,--gc-sections)

# A program that runs on every box brings its C++ libraries along, and only what it uses of them: an
# agent alone on its machine is 1.3 MiB smaller in memory. Sanitizers want the shared runtime.
set(Boost_USE_STATIC_LIBS ON)
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  add_link_options(-static-libstdc++ -static-libgcc)
endif()

set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS context json url)
find_package(fmt 9 REQUIRED)
find_package(spdlog REQUIRED)
find_package(tl-expected REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(LibArchive REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)

# Tests are half of what is compiled. Their own code is not what is measured, so it is not optimized,
# and what each of them includes is read once.
if(BUILD_TESTING)
  find_package(rapidcheck REQUIRED)
  set(HEARTH_TEST_OPTIONS -O0 -fpch-preprocess)  # The latter for ccache.
  add_library(hearth_test_headers OBJECT cmake/test_headers.cc)
  target_link_libraries(hearth_test_headers PRIVATE GTest::gmock hearth_warnings)
  target_compile_options(hearth_test_headers PRIVATE ${HEARTH_TEST_OPTIONS})
  target_precompile_headers(hearth_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
endif()

add_library(fmt-static STATIC cmake/fmt.cc)
get_target_property(fmt_headers fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(fmt-static SYSTEM PUBLIC ${fmt_headers})

# spdlog likewise: who links its headers gets what is not templates from this library.
add_library(spdlog-static STATIC cmake/spdlog.cc)
target_compile_definitions(spdlog-static PUBLIC SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
target_link_libraries(spdlog-static PUBLIC fmt-static Threads::Threads)
set_target_properties(spdlog::spdlog_header_only PROPERTIES INTERFACE_LINK_LIBRARIES spdlog-static)
