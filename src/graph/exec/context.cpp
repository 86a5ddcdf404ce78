#include "graph/exec/context.h"

#include "graph/number.h"
#include "graph/plan/query_options.h"

namespace gyre::graph::exec {

using core::Code;

core::Error TooLarge() {
    return {Code::kResourceExhausted, "MemoryLimitExceededException",
            "a list or text grows over its limit of 10,000,000 items or 100,000,000 bytes"};
}

bool Append(std::string& text, std::string_view more) {
    if (text.size() + more.size() > kMostBytes) return false;
    text += more;
    return true;
}

Context::Context(Transaction& transaction, const plan::Query& planned, const core::Clock& clock,
                 core::CancelToken cancel, Limits limits)
    : graph(transaction),
      query(planned),
      paths(planned.needs_path),
      clock_(clock),
      cancel_(std::move(cancel)),
      limits_(limits),
      meter_(limits.max_bytes, failed_) {
    for (const auto& [name, effect] : planned.side_effects) {
        side_effects[name] = effect.first;
    }
}

std::mt19937_64& Context::Random() {
    if (random_) return *random_;
    for (const auto& [option, value] : query.options) {
        if (option == plan::kSeed) return random_.emplace(static_cast<uint64_t>(ToInt64(value)));
    }
    return random_.emplace(std::random_device{}());
}

const core::Error& Context::Failure() {
    if (!failed_) static_cast<void>(LookUp());
    if (failed_ && error_.message.empty()) {
        error_ =
            core::Error(Code::kResourceExhausted, "MemoryLimitExceededException",
                        "The query holds more than " + std::to_string(limits_.max_bytes >> 20) +
                            " MiB at once; narrow it down, or raise graph.query_memory_mb");
    }
    return error_;
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

void Context::LookAt(const Value& nested) {
    const Extent extent = ExtentOf(nested);
    if (extent.size > limits_.max_held) TooMuch();
    if (extent.depth > kMostDepth) TooDeep();
}

void Context::TooDeep() {
    Fail(core::Error(Code::kResourceExhausted, "MemoryLimitExceededException",
                     "lists and maps are more than 1,000 deep within each other"));
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
