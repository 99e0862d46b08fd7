#pragma once
// What `parley` takes on its command line.

namespace parley::app {

/// Parses the arguments, runs the subcommand and returns the process's exit code: 0 well, 1 failed or unsound, 2
/// misused.
int run_command_line(int argument_count, char** arguments);

}  // namespace parley::app
