# Compiler settings that every target shares.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(BUILD_TESTING "Build the unit and conformance tests" ON)
option(PARLEY_FUZZ "Build the fuzzing harnesses of tests/proof/fuzz and nothing else; needs clang" OFF)
set(PARLEY_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them: address,undefined or thread")

add_library(parley_options INTERFACE)
target_compile_options(parley_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Werror
  -Wno-mismatched-new-delete)  # g++ 12 sees only one of Asio's two allocation functions for coroutine frames inlined
target_include_directories(parley_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(parley_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION   # compiled once, in src/async
  BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16  # nested co_await stays off malloc
  BOOST_BEAST_SEPARATE_COMPILATION  # compiled once, in src/http
  SPDLOG_FMT_EXTERNAL SPDLOG_COMPILED_LIB
)
if(PARLEY_SANITIZE)
  target_compile_options(parley_options INTERFACE
    -fsanitize=${PARLEY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(parley_options INTERFACE -fsanitize=${PARLEY_SANITIZE})
  if(PARLEY_SANITIZE STREQUAL "thread")
    target_compile_options(parley_options INTERFACE -Wno-tsan)  # Asio's fences, which TSan does not model
  endif()
endif()
