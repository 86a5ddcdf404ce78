#include "load/tally.h"

namespace gyre::load {
namespace {

constexpr size_t kQuotedBytes = 300;

double Milliseconds(std::chrono::nanoseconds time) {
    return static_cast<double>(time.count()) / 1e6;
}

core::JsonObject Times(const LatencyHistogram& histogram) {
    core::JsonObject out;
    out["count"] = histogram.Count();
    out["mean"] = Milliseconds(histogram.Mean());
    out["p50"] = Milliseconds(histogram.Quantile(0.5));
    out["p90"] = Milliseconds(histogram.Quantile(0.9));
    out["p99"] = Milliseconds(histogram.Quantile(0.99));
    out["p99.9"] = Milliseconds(histogram.Quantile(0.999));
    out["max"] = Milliseconds(histogram.Max());
    return out;
}

}  // namespace

Tally::Tally(const LoadOptions& options)
    : options_(options), first_answers_(options.bodies.size()) {
}

bool Tally::Right(size_t index, const AnswerView& answer) {
    if (answer.status != 200 || !answer.body.starts_with(options_.expect_prefix)) return false;
    First& first = first_answers_[index];
    if (first.size == 0) first = {std::string(answer.body), answer.body_size};
    switch (options_.check) {
        case Check::kNone:
            return true;
        case Check::kFirst:
            return first.size == answer.body_size && first.body == answer.body;
        case Check::kLength:
            return first.size == answer.body_size;
    }
    return false;
}

void Tally::Answered(size_t index, const AnswerView& answer, std::chrono::nanoseconds latency,
                     bool measured) {
    const bool right = Right(index, answer);
    if (!measured) return;
    by_status_[answer.status]++;
    if (answer.retry_after) retry_after_++;
    if (!right) {
        refused_.Record(latency);
        if (answer.status == 200) wrong_++;
        if (first_refusal_.empty()) {
            first_refusal_ =
                std::string(answer.head) + "\n" + std::string(answer.body.substr(0, kQuotedBytes));
        }
        return;
    }
    latency_.Record(latency);
    if (options_.good_within.count() == 0 || latency <= options_.good_within) good_++;
}

void Tally::Broke(const core::Error& error) {
    broken_++;
    if (first_error_.empty()) first_error_ = error.ToString();
}

core::JsonObject Tally::Report(double seconds) const {
    const double asked =
        static_cast<double>(latency_.Count() + refused_.Count() + broken_ + unanswered_);
    core::JsonObject out;
    out["seconds"] = seconds;
    out["right_per_s"] = static_cast<double>(latency_.Count()) / seconds;
    out["good_per_s"] = static_cast<double>(good_) / seconds;
    out["asked_per_s"] = asked / seconds;
    out["good_share"] = asked > 0 ? static_cast<double>(good_) / asked : 0.0;
    core::JsonObject statuses;
    for (const auto& [status, count] : by_status_) statuses[std::to_string(status)] = count;
    out["by_status"] = std::move(statuses);
    out["wrong"] = wrong_;
    out["with_retry_after"] = retry_after_;
    out["broken_connections"] = broken_;
    out["unanswered"] = unanswered_;
    out["latency_ms"] = Times(latency_);
    out["refused_ms"] = Times(refused_);
    if (options_.rate > 0) out["send_lag_ms"] = Times(send_lag_);
    if (!first_error_.empty()) out["first_error"] = first_error_;
    if (!first_refusal_.empty()) out["first_refusal"] = first_refusal_;
    return out;
}

}  // namespace gyre::load
