# hearth_module(<name> LAYER <layer> [SOURCES ...] [DEPS ...] [PRIVATE_DEPS ...] [TESTS ...] [TEST_DEPS ...])
#
# One folder, one library, one test binary. A dependency that points outwards is refused at
# configure time: first among the link dependencies, then among the #include lines of the folder,
# so the layering in ARCHITECTURE.md is a build error and not an opinion.
#
# SOURCES may be empty (headers only). Tests are registered with the label "unit"; a module whose
# tests need a real part (an engine, a broker) names its own label with TEST_LABEL, and with
# TEST_PROPERTIES what else CTest should know (RESOURCE_LOCK, for a part they break).
include_guard()
include(GoogleTest)

# What each layer may see, besides itself.
set(HEARTH_SEES_base "")
set(HEARTH_SEES_model base)
set(HEARTH_SEES_core base model)
set(HEARTH_SEES_ports base model)
set(HEARTH_SEES_wire base model)
set(HEARTH_SEES_adapters base model ports wire)
set(HEARTH_SEES_sim base model core ports wire)
set(HEARTH_SEES_shell base model core ports wire)
set(HEARTH_SEES_cli base model ports wire adapters)
set(HEARTH_SEES_app base model core ports wire adapters sim shell cli)

add_library(hearth_warnings INTERFACE)
target_compile_options(hearth_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum -Werror
  -Wno-missing-field-initializers)

function(hearth_check_layers name layer deps)
  if(NOT DEFINED HEARTH_SEES_${layer})
    message(FATAL_ERROR "${name}: unknown layer '${layer}'")
  endif()
  set(allowed ${layer} ${HEARTH_SEES_${layer}})

  foreach(dep IN LISTS deps)
    if(dep MATCHES "^hearth(::|_)(.+)$")
      get_target_property(dep_layer hearth_${CMAKE_MATCH_2} HEARTH_LAYER)
      if(NOT dep_layer IN_LIST allowed)
        message(FATAL_ERROR "${name} (layer ${layer}) must not link ${dep} (layer ${dep_layer})")
      endif()
    endif()
  endforeach()

  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  foreach(file IN LISTS files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    # Ours are written in quotes, from src/ on: "layer/…"; angle brackets are no way around that.
    file(STRINGS ${file} includes REGEX "^[ \t]*#[ \t]*include[ \t]*(\"|<(base|model|core|ports|wire|adapters|sim|shell|cli|app)/)")
    foreach(line IN LISTS includes)
      string(REGEX REPLACE "^[^\"<]*[\"<]([a-z_]+)/.*" "\\1" seen "${line}")
      if(NOT seen IN_LIST allowed)
        message(FATAL_ERROR "${file} (layer ${layer}) must not include: ${line}")
      endif()
    endforeach()
  endforeach()
endfunction()

function(hearth_module name)
  cmake_parse_arguments(ARG "" "LAYER;TEST_LABEL" "SOURCES;DEPS;PRIVATE_DEPS;TESTS;TEST_DEPS;TEST_PROPERTIES" ${ARGN})
  hearth_check_layers(${name} "${ARG_LAYER}" "${ARG_DEPS};${ARG_PRIVATE_DEPS};${ARG_TEST_DEPS}")

  if(ARG_SOURCES)
    add_library(hearth_${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(hearth_${name} PRIVATE hearth_warnings ${ARG_PRIVATE_DEPS})
  else()
    add_library(hearth_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(hearth::${name} ALIAS hearth_${name})
  target_include_directories(hearth_${name} ${scope} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(hearth_${name} ${scope} ${ARG_DEPS})
  set_target_properties(hearth_${name} PROPERTIES HEARTH_LAYER ${ARG_LAYER})

  if(BUILD_TESTING AND ARG_TESTS)
    if(NOT ARG_TEST_LABEL)
      set(ARG_TEST_LABEL unit)
    endif()
    add_executable(hearth_${name}_test ${ARG_TESTS})
    target_link_libraries(hearth_${name}_test
      PRIVATE hearth_${name} ${ARG_TEST_DEPS} GTest::gmock GTest::gtest_main hearth_warnings)
    target_compile_options(hearth_${name}_test PRIVATE ${HEARTH_TEST_OPTIONS})
    target_precompile_headers(hearth_${name}_test REUSE_FROM hearth_test_headers)
    gtest_discover_tests(hearth_${name}_test DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
      TEST_PREFIX "${name}." PROPERTIES LABELS ${ARG_TEST_LABEL} TIMEOUT 120 ${ARG_TEST_PROPERTIES})
  endif()
endfunction()

# hearth_executable(<name> SOURCES ... DEPS ...): a main function of the app layer: wiring, nothing else.
function(hearth_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  hearth_check_layers(${name} app "${ARG_DEPS}")
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} hearth_warnings)
endfunction()
