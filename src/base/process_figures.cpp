#include "base/process_figures.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace parley::base {
namespace {

struct ProcessFigures {
  double cpu_s = 0;
  double start_s = 0;  ///< since 1970
  double virtual_bytes = 0;
  double resident_bytes = 0;
  double threads = 0;
  double open_fds = 0;
  double max_fds = 0;
};

/// What follows the command's name in /proc/self/stat; the name may have anything in it, spaces and ')' included.
struct ProcessStat {
  double threads = 0;
  double start_ticks = 0;  ///< since the machine's start
  double virtual_bytes = 0;
  double resident_pages = 0;
};

ProcessStat read_stat() {
  constexpr int state_field = 3;  // the first one after the name; numbered as in proc(5)
  constexpr int threads_field = 20;
  constexpr int start_field = 22;
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream rest(line.substr(std::min(line.rfind(')') + 1, line.size())));
  std::string skipped;
  ProcessStat stat;
  for (int field = state_field; field < threads_field; ++field) rest >> skipped;
  rest >> stat.threads;
  for (int field = threads_field + 1; field < start_field; ++field) rest >> skipped;
  rest >> stat.start_ticks >> stat.virtual_bytes >> stat.resident_pages;
  return stat;
}

/// When the machine started, in seconds since 1970.
double boot_s() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

double cpu_s() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / std::nano::den;
}

/// Linux tells the number as the folder's size since 6.2; before, the folder is read, itself included.
double open_fds() {
  constexpr const char* folder = "/proc/self/fd";
  struct stat known{};
  if (stat(folder, &known) == 0 && known.st_size > 0) return static_cast<double>(known.st_size);
  std::error_code failed;
  double count = -1;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) ++count;
  return std::max(count, 0.0);
}

double max_fds() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

ProcessFigures read_figures() {
  const ProcessStat stat = read_stat();
  return {.cpu_s = cpu_s(),
          .start_s = boot_s() + stat.start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK)),
          .virtual_bytes = stat.virtual_bytes,
          .resident_bytes = stat.resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)),
          .threads = stat.threads,
          .open_fds = open_fds(),
          .max_fds = max_fds()};
}

}  // namespace

void register_process_figures(Metrics& metrics) {
  const auto figures = std::make_shared<ProcessFigures>();
  metrics.on_text([figures] { *figures = read_figures(); });
  const auto show = [&](std::string_view name, std::string_view help, MetricType type,
                        double ProcessFigures::* member) {
    metrics.observe(name, help, type, {}, [figures, member] { return (*figures).*member; });
  };
  using enum MetricType;
  show("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", counter,
       &ProcessFigures::cpu_s);
  show("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", gauge,
       &ProcessFigures::start_s);
  show("process_virtual_memory_bytes", "Virtual memory size in bytes.", gauge, &ProcessFigures::virtual_bytes);
  show("process_resident_memory_bytes", "Resident memory size in bytes.", gauge, &ProcessFigures::resident_bytes);
  show("process_threads", "Number of OS threads in the process.", gauge, &ProcessFigures::threads);
  show("process_open_fds", "Number of open file descriptors.", gauge, &ProcessFigures::open_fds);
  show("process_max_fds", "Maximum number of open file descriptors.", gauge, &ProcessFigures::max_fds);
}

}  // namespace parley::base
