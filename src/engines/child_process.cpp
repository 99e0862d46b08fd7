#include "engines/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include "engines/line_splitter.h"

namespace parley::engines {
namespace {

namespace asio = async::asio;
using Descriptor = asio::posix::basic_stream_descriptor<async::Executor>;

constexpr std::size_t read_bytes_max = 4096;
/// What is still read of an ended child's output; a grandchild that goes on writing is not listened to.
constexpr std::size_t last_bytes_max = 256 * 1024;
constexpr int first_free_descriptor = 3;

std::string words_for(int error) {
  return std::generic_category().message(error);
}

base::Error lacking(std::string_view what) {
  return base::internal_error(std::string(what) + ": " + words_for(errno));
}

/// Closes itself.
class File {
 public:
  File() = default;
  explicit File(int descriptor) noexcept : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File() { close(); }

  int get() const noexcept { return descriptor_; }
  int release() noexcept { return std::exchange(descriptor_, -1); }
  bool good() const noexcept { return descriptor_ >= 0; }
  void close() noexcept {
    if (good()) ::close(release());
  }

  /// Out of the way of 0, 1 and 2, which this process may have been started without.
  bool lift() noexcept {
    if (good() && descriptor_ < first_free_descriptor) {
      *this = File(fcntl(descriptor_, F_DUPFD_CLOEXEC, first_free_descriptor));
    }
    return good();
  }

 private:
  int descriptor_ = -1;
};

struct Pipe {
  File reading;
  File writing;

  bool open() noexcept {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    reading = File(ends[0]);
    writing = File(ends[1]);
    return reading.lift() && writing.lift();
  }
};

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// What the child needs between fork and exec, where it must not allocate: other threads may have held the locks.
struct Prepared {
  const char* path;
  char* const* arguments;
  char* const* environment;
  int input;
  int output;
  int complaint;  ///< where errno goes if exec fails
  pid_t parent;
};

// Libraries open descriptors without close-on-exec; this is the one place that sees them all.
void close_the_rest_on_exec() {
  if (close_range(first_free_descriptor, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0) return;
  rlimit limit{};  // a kernel before 5.11
  getrlimit(RLIMIT_NOFILE, &limit);
  for (int file = first_free_descriptor; file < static_cast<int>(std::min<rlim_t>(limit.rlim_cur, INT_MAX)); ++file) {
    fcntl(file, F_SETFD, FD_CLOEXEC);
  }
}

void restore_signals() {
  struct sigaction usual = {};
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &usual, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become(const Prepared& prepared) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != prepared.parent) _exit(127);  // it died before it could be asked
  restore_signals();
  dup2(prepared.input, STDIN_FILENO);
  dup2(prepared.output, STDOUT_FILENO);
  dup2(prepared.output, STDERR_FILENO);
  close_the_rest_on_exec();
  execve(prepared.path, prepared.arguments, prepared.environment);
  const int error = errno;
  [[maybe_unused]] const ssize_t told = write(prepared.complaint, &error, sizeof(error));
  _exit(127);
}

/// errno of the exec that failed; 0 once it succeeded, which closed the other end.
int complaint_of(const File& pipe) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = read(pipe.get(), &error, sizeof(error));
  } while (got < 0 && errno == EINTR);
  return got == sizeof(error) ? error : 0;
}

ProgramEnd reap(pid_t pid) noexcept {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status)) return {.exit_code = 0, .signal = WTERMSIG(status)};
  return {.exit_code = WEXITSTATUS(status), .signal = 0};
}

}  // namespace

std::string ProgramEnd::text() const {
  if (signal == 0) return "exit code " + std::to_string(exit_code);
  const char* const name = sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

/// Outlives the ChildProcess while a handler of it is queued; does nothing then.
class ChildProcess::State : public std::enable_shared_from_this<State> {
 public:
  State(pid_t pid, const async::Executor& executor, File handle, File output, ChildListener& listener)
      : pid_(pid),
        handle_(executor, handle.release()),
        output_(executor, output.release()),
        listener_(&listener),
        lines_(line_bytes_max) {}

  void watch() {
    await_output();
    handle_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& failure) {
      if (!failure && self->listener_ != nullptr) self->conclude();
    });
  }

  void abandon() noexcept {
    listener_ = nullptr;
    if (!end_) gather_the_group();
    boost::system::error_code ignored;
    handle_.close(ignored);
    output_.close(ignored);
  }

  pid_t pid() const noexcept { return pid_; }
  const std::optional<ProgramEnd>& end() const noexcept { return end_; }

 private:
  void await_output() {
    output_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& failure) {
      if (failure || self->listener_ == nullptr || self->end_) return;
      if (self->read_some() > 0) self->await_output();
    });
  }

  /// Nothing where the pipe is empty or has ended.
  std::size_t read_some() {
    std::array<char, read_bytes_max> bytes{};
    const ssize_t got = ::read(output_.native_handle(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) return 1;
    if (got <= 0) return 0;
    lines_.take({bytes.data(), static_cast<std::size_t>(got)},
                [this](std::string_view line) { listener_->line(line); });
    return static_cast<std::size_t>(got);
  }

  /// The child has ended, and is not reaped yet: its number, and its group's, can't be another's.
  void gather_the_group() noexcept {
    kill(-pid_, SIGKILL);
    end_ = reap(pid_);
  }

  void conclude() {
    for (std::size_t heard = 0; heard < last_bytes_max;) {
      const std::size_t got = read_some();
      if (got == 0) break;
      heard += got;
    }
    lines_.finish([this](std::string_view line) { listener_->line(line); });
    gather_the_group();
    boost::system::error_code ignored;
    handle_.close(ignored);
    output_.close(ignored);
    listener_->ended();
  }

  const pid_t pid_;
  Descriptor handle_;  ///< readable once the child has ended (pidfd_open(2))
  Descriptor output_;
  ChildListener* listener_;
  LineSplitter lines_;
  std::optional<ProgramEnd> end_;
};

base::Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const Program& program, const async::Executor& executor,
                                                                ChildListener& listener) {
  Pipe output;
  Pipe complaint;
  File nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!nothing.lift() || !output.open() || !complaint.open()) return lacking("no descriptors for a child");
  fcntl(output.reading.get(), F_SETFL, O_NONBLOCK);

  std::vector<std::string> named = program.arguments;
  named.insert(named.begin(), program.path);
  const auto arguments = pointers_to(named);
  const auto environment = pointers_to(program.environment);
  const Prepared prepared{.path = program.path.c_str(),
                          .arguments = arguments.data(),
                          .environment = environment.data(),
                          .input = nothing.get(),
                          .output = output.writing.get(),
                          .complaint = complaint.writing.get(),
                          .parent = getpid()};
  const pid_t pid = fork();
  if (pid < 0) return lacking("no child process");
  if (pid == 0) become(prepared);
  output.writing.close();
  complaint.writing.close();

  if (const int error = complaint_of(complaint.reading); error != 0) {
    reap(pid);
    return base::Error{.code = base::ErrorCode::invalid_input,
                       .message = program.path + " can't be executed: " + words_for(error) + ".",
                       .detail = ""};
  }
  File handle(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));  // the header of glibc 2.36 is C only
  if (!handle.good()) {
    const base::Error error = lacking("no pidfd_open (Linux 5.3)");
    kill(pid, SIGKILL);
    reap(pid);
    return error;
  }
  auto state = std::make_shared<State>(pid, executor, std::move(handle), std::move(output.reading), listener);
  state->watch();
  return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(state)));
}

ChildProcess::ChildProcess(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

ChildProcess::~ChildProcess() {
  state_->abandon();
}

pid_t ChildProcess::pid() const noexcept {
  return state_->pid();
}

void ChildProcess::signal(int number) const noexcept {
  if (!state_->end()) kill(-state_->pid(), number);
}

std::optional<ProgramEnd> ChildProcess::end() const noexcept {
  return state_->end();
}

}  // namespace parley::engines
