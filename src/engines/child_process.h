#pragma once
// A program that runs as a child of this process: started, heard, its end known, and never left behind.

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "base/error.h"

namespace parley::engines {

struct Program {
  std::string path;  ///< of the executable; PATH is not looked at
  std::vector<std::string> arguments = {};
  std::vector<std::string> environment = {};  ///< all of it, as "NAME=value"
};

/// How a program ended.
struct ProgramEnd {
  int exit_code = 0;
  int signal = 0;  ///< that ended it; 0: it exited by itself

  std::string text() const;  ///< "exit code 1", "SIGKILL"
};

/// Hears of a child on its executor's loop. It may end the ChildProcess in neither call.
class ChildListener {
 public:
  ChildListener() = default;
  ChildListener(const ChildListener&) = delete;
  ChildListener& operator=(const ChildListener&) = delete;
  virtual ~ChildListener() = default;

  /// A line that it wrote to standard output or error, without its end; a longer one comes in pieces of line_bytes_max.
  virtual void line(std::string_view text) = 0;
  /// The last call: it has ended, and its lines were heard.
  virtual void ended() = 0;
};

/// For the thread of its executor's loop, where it is also started and destroyed.
class ChildProcess {
 public:
  static constexpr std::size_t line_bytes_max = 1000;

  /// The child has an empty standard input, none of this process's other descriptors, no signal blocked or ignored, and
  /// a process group of its own: what the terminal sends to the foreground (Ctrl-C) passes it by.
  ///
  /// It is killed when the calling *thread* ends, also by `kill -9` of this process (PR_SET_PDEATHSIG, prctl(2)): call
  /// this from a thread that lives as long as the child should. `invalid_input` where the program can't be executed,
  /// `internal` where the system has no more processes or descriptors. The listener outlives the child.
  static base::Result<std::unique_ptr<ChildProcess>> start(const Program& program, const async::Executor& executor,
                                                           ChildListener& listener);

  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  /// Kills what still runs of its process group, and waits for the child to be gone.
  ~ChildProcess();

  pid_t pid() const noexcept;
  /// To its process group; nothing happens where it has ended.
  void signal(int number) const noexcept;
  std::optional<ProgramEnd> end() const noexcept;

 private:
  class State;
  explicit ChildProcess(std::shared_ptr<State> state) noexcept;

  std::shared_ptr<State> state_;  ///< shared with what waits on the loop
};

}  // namespace parley::engines
