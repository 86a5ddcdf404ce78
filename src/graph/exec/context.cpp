#include "graph/exec/context.h"

#include "graph/exec/attach.h"
#include "graph/number.h"
#include "graph/plan/query_options.h"

namespace gyre::graph::exec {

using core::Code;

Context::Context(Transaction& transaction, const plan::Query& planned, const core::Clock& clock,
                 core::CancelToken cancel, Limits limits)
    : graph(transaction),
      query(planned),
      paths(planned.needs_path),
      clock_(clock),
      cancel_(std::move(cancel)),
      limits_(limits) {
    for (const auto& [name, effect] : planned.side_effects) {
        side_effects[name] = Attached(graph, effect.first);
    }
}

std::mt19937_64& Context::Random() {
    if (random_) return *random_;
    for (const auto& [option, value] : query.options) {
        if (option == plan::kSeed) return random_.emplace(static_cast<uint64_t>(ToInt64(value)));
    }
    return random_.emplace(std::random_device{}());
}

void Context::Fail(core::Error error) {
    if (failed_) return;
    failed_ = true;
    error_ = std::move(error);
}

void Context::Fail(std::string name, std::string message) {
    Fail(core::Error(Code::kInvalidArgument, std::move(name), std::move(message)));
}

bool Context::LookUp() {
    if (!IsOver()) return !failed_;
    if (cancel_.Cancelled()) {
        Fail(core::Error(Code::kCancelled, "CancelledByUserException",
                         "The request was cancelled by the user"));
    } else {
        Fail(core::Error(Code::kDeadlineExceeded, "TimeLimitExceededException",
                         "A timeout occurred within the script during evaluation."));
    }
    return false;
}

void Context::TooLong() {
    Fail(core::Error(Code::kResourceExhausted, "MemoryLimitExceededException",
                     "A path has more than 100,000 steps: does a repeat() have no end?"));
}

void Context::TooMuch() {
    Fail(core::Error(Code::kResourceExhausted, "MemoryLimitExceededException",
                     "The query gathers more than " + std::to_string(limits_.max_held) +
                         " values at once; narrow it down, or raise graph.max_held"));
}

}  // namespace gyre::graph::exec
