#include "base/process_figures.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "base/clock.h"

namespace parley::base {
namespace {

class ProcessFigures : public testing::Test {
 protected:
  ProcessFigures() { register_process_figures(metrics_); }

  double shown(const std::string& name) const {
    const std::string text = metrics_.text();
    const std::size_t at = text.find("\n" + name + " ");
    if (at == std::string::npos) throw std::logic_error("not shown: " + name);
    return std::stod(text.substr(at + name.size() + 2));
  }

 private:
  Metrics metrics_;
};

TEST_F(ProcessFigures, CountFileDescriptorsAndThreads) {
  const double fds = shown("process_open_fds");
  const double threads = shown("process_threads");
  EXPECT_GE(threads, 1);
  EXPECT_GE(fds, 1);
  EXPECT_GE(shown("process_max_fds"), fds);
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(shown("process_open_fds"), fds + 1);
  close(fd);
  const std::jthread one_more([](const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::yield();
  });
  EXPECT_EQ(shown("process_threads"), threads + 1);
}

TEST_F(ProcessFigures, TellMemoryInBytes) {
  const double resident = shown("process_resident_memory_bytes");
  EXPECT_GT(resident, 1024 * 1024);
  EXPECT_LT(resident, shown("process_virtual_memory_bytes"));
}

TEST_F(ProcessFigures, TellWhenTheProcessStartedAndWhatCpuItUsedSince) {
  const std::chrono::duration<double> now = SystemClock().now().time_since_epoch();
  EXPECT_LT(shown("process_start_time_seconds"), now.count() + 1);
  EXPECT_GT(shown("process_start_time_seconds"), now.count() - 3600);
  const double cpu_s = shown("process_cpu_seconds_total");
  EXPECT_GT(cpu_s, 0);
  EXPECT_GT(shown("process_cpu_seconds_total"), cpu_s);
}

}  // namespace
}  // namespace parley::base
