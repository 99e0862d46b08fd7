// The entry of the process: everything else is in command_line.

#include <cstdio>
#include <exception>

#include "app/command_line.h"
#include "crypto/init.h"

int main(int argument_count, char** arguments) {
  try {
    parley::crypto::init();
    return parley::app::run_command_line(argument_count, arguments);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "parley: %s\n", failure.what());
    return 1;
  }
}
