#include "prove/report.h"

#include <algorithm>
#include <cstdio>

namespace parley::prove {
namespace {

void figure(const char* name, std::int64_t value, const char* note = "") {
  std::printf("  %-28s %10lld%s\n", name, static_cast<long long>(value), note);
}

void print_events(const Findings& findings) {
  const Verdict& verdict = findings.verdict;
  const std::int64_t chats = std::max<std::int64_t>(1, verdict.answered);
  std::printf("what happened\n");
  std::printf("  %-28s %10.1f s\n", "duration", static_cast<double>(findings.raced.count()) / 1'000);
  figure("clients", findings.plan.clients);
  figure("accounts", findings.plan.accounts);
  figure("chats answered", verdict.answered);
  figure("streams done", verdict.streams_done, "  of those");
  figure("replays", verdict.replays, "  of those: the answer of a duplicated key, once more");
  figure("duplicates in flight", verdict.in_flight, "  409");
  figure("streams cancelled", verdict.streams_left);
  figure("plain chats cancelled", verdict.chats_left);
  figure("charged but unanswered", verdict.charged_unanswered, "  whose clients had left: by the rules they pay");
  figure("refused for want of tokens", verdict.no_tokens, "  402");
  figure("engine failures seen", verdict.engine_failed, "  by clients");
  figure("engine kills", findings.engine_kills);
  figure("unexpected answers", verdict.unexpected);
  figure("chats per second", verdict.answered * 1'000 / std::max<std::int64_t>(1, findings.raced.count()));
  figure("CPU us per chat", findings.cpu.count() / chats, "  of the whole process: server, engine and clients");
}

void print_invariants(const Findings& findings) {
  const Verdict& verdict = findings.verdict;
  std::printf("what must hold\n");
  figure("overdrafts", verdict.overdrafts);
  figure("double charges", verdict.double_charges);
  figure("lost charges", verdict.lost_charges);
  figure("charged though refused", verdict.refused_charges);
  figure("accounts out of balance", verdict.unbalanced);
  figure("open holds", std::max(findings.holds.open, findings.open_holds()));
  std::printf("  %-28s %10s  %lld accounts, %lld entries, %lld turns\n", "verify",
              findings.verify.sound() ? "sound" : "unsound", static_cast<long long>(findings.verify.accounts),
              static_cast<long long>(findings.verify.entries), static_cast<long long>(findings.verify.turns));
}

}  // namespace

void print(const Findings& findings) {
  print_events(findings);
  print_invariants(findings);
  for (const std::string& offence : findings.verdict.offences) std::printf("wrong: %s\n", offence.c_str());
  std::size_t named = findings.verdict.offences.size();
  for (const store::Finding& finding : findings.verify.findings) {
    if (named++ >= Verdict::offences_named_max) break;
    std::printf("wrong: %s: %s\n", finding.invariant.c_str(), finding.what.c_str());
  }
  if (!findings.drained) std::printf("wrong: not all that was under way finished when the server was stopped\n");
}

}  // namespace parley::prove
