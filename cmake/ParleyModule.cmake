# parley_module(NAME SOURCES … USES … LIBRARIES … [TESTS …] [TEST_USES …] [PROOFS …])
#
# One folder of src/ is one static library `parley_NAME`; its *_test.cpp files are one GoogleTest program
# `NAME_test`. USES are other folders, LIBRARIES are packages. PROOFS are those of its tests that run for long: a
# program `NAME_proof` of their own.

# Linked last, so that its options are the last word. Half of all compile time would go into making the tests
# themselves fast, and into holding them to what they are there to test.
add_library(parley_test_options INTERFACE)
target_compile_options(parley_test_options INTERFACE -O0 -fno-sanitize=undefined)

# A test program's own, since its options differ from the libraries'.
function(parley_test_program program name sources)
  add_executable(${program} ${sources})
  target_link_libraries(${program} PRIVATE
    parley_${name} ${ARGN} rapidcheck GTest::gmock GTest::gtest_main parley_test_options)
  get_target_property(uses parley_${name} LINK_LIBRARIES)
  if(NOT name STREQUAL "async" AND NOT "parley_async" IN_LIST uses)
    return()
  endif()
  if(NOT TARGET parley_test_headers)
    file(WRITE ${CMAKE_BINARY_DIR}/test_headers.cpp "")
    add_library(parley_test_headers OBJECT ${CMAKE_BINARY_DIR}/test_headers.cpp)
    target_link_libraries(parley_test_headers PRIVATE
      parley_async rapidcheck GTest::gmock GTest::gtest_main parley_test_options)
    target_precompile_headers(parley_test_headers PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled_tests.h)
  endif()
  target_precompile_headers(${program} REUSE_FROM parley_test_headers)
endfunction()

function(parley_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;LIBRARIES;TESTS;TEST_USES;PROOFS" ${ARGN})
  add_library(parley_${name} STATIC ${arg_SOURCES})
  list(TRANSFORM arg_USES PREPEND parley_)
  target_link_libraries(parley_${name} PUBLIC parley_options ${arg_USES} ${arg_LIBRARIES})
  if(name STREQUAL "async")
    target_precompile_headers(parley_async PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)
  elseif("parley_async" IN_LIST arg_USES)
    target_precompile_headers(parley_${name} REUSE_FROM parley_async)
  endif()

  list(TRANSFORM arg_TEST_USES PREPEND parley_)
  foreach(kind IN ITEMS test proof)
    string(TOUPPER "${kind}s" sources)
    if(BUILD_TESTING AND arg_${sources})
      parley_test_program(${name}_${kind} ${name} "${arg_${sources}}" ${arg_TEST_USES})
    endif()
  endforeach()
  if(TARGET ${name}_test)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 600)
  endif()
  if(TARGET ${name}_proof)
    # In shards, so that all cores have something to do. RapidCheck's sequences grow in length: 720 of them, for each of
    # two keepers, are more than 100,000 steps.
    foreach(shard RANGE 3)
      add_test(NAME ${name}_proof_${shard} COMMAND ${name}_proof)
      set_tests_properties(${name}_proof_${shard} PROPERTIES TIMEOUT 1200 COST 1000 ENVIRONMENT
        "RC_PARAMS=max_success=720;GTEST_TOTAL_SHARDS=4;GTEST_SHARD_INDEX=${shard}")
    endforeach()
  endif()
endfunction()
