#include "serving/shadow/shadow_judge.h"

#include <boost/json.hpp>

#include "core/digest.h"
#include "core/utf8.h"
#include "serving/names.h"

namespace gyre::serving::shadow {
namespace {

using telemetry::Statistic;

constexpr size_t kMostBytes = 64ULL << 20;
constexpr size_t kMostWaiting = 1'000;
constexpr int kWrittenInWindow = 30;
constexpr core::seconds kWindow{60};
constexpr size_t kExcerpt = 1'024;

std::string Excerpt(const std::string& body) {
    const std::string begin = body.substr(0, kExcerpt);
    return core::IsUtf8(begin) ? begin : "base64:" + core::Base64Encode(begin);
}

core::JsonObject Described(const ModelAnswer& answer) {
    return {{"status", answer.status},
            {"contentType", answer.content_type},
            {"body", Excerpt(answer.body)}};
}

}  // namespace

ShadowJudge::ShadowJudge(jobs::LogStore& logs, const core::Clock& clock)
    : logs_(logs), clock_(clock), pool_("serving-shadow", 1, kMostWaiting) {
}

ShadowJudge::~ShadowJudge() {
    Stop();
}

bool ShadowJudge::Reserve(size_t bytes) {
    if (bytes_.fetch_add(bytes) + bytes <= kMostBytes) return true;
    bytes_ -= bytes;
    return false;
}

void ShadowJudge::Release(size_t bytes) {
    bytes_ -= bytes;
}

void ShadowJudge::Compare(Comparison comparison) {
    auto kept = std::make_shared<const Comparison>(std::move(comparison));
    if (pool_.TrySubmit([this, kept] { Judge(*kept); })) return;
    Dropped(kept->endpoint, kept->variant);
}

void ShadowJudge::Dropped(const std::string& endpoint, const std::string& variant) {
    (*counts_.Lock())[{endpoint, variant}].dropped += 1;
}

bool ShadowJudge::MayWrite(Counts& counts) const {
    const core::SteadyTime now = clock_.Now();
    if (now >= counts.window) {
        counts.window = now + kWindow;
        counts.left = kWrittenInWindow;
    }
    return counts.left-- > 0;
}

void ShadowJudge::Judge(const Comparison& comparison) {
    const auto difference =
        DifferenceOf(comparison.production, comparison.shadow, comparison.tolerance);
    {
        auto counts = counts_.Lock();
        Counts& of = (*counts)[{comparison.endpoint, comparison.variant}];
        of.compared += 1;
        if (!difference) return;
        of.different += 1;
        if (!MayWrite(of)) return;
    }
    logs_.Append(LogGroup(comparison.endpoint), "shadow/" + comparison.variant,
                 core::JsonText(core::JsonObject{{"requestId", comparison.request_id},
                                                 {"difference", *difference},
                                                 {"production", Described(comparison.production)},
                                                 {"shadow", Described(comparison.shadow)}}));
}

std::vector<telemetry::Sample> ShadowJudge::TakeMetrics(const EndpointMeter::Instances& instances) {
    const core::WallTime now = clock_.WallNow();
    auto samples = meter_.Take(now, instances);
    auto counts = counts_.Lock();
    for (auto& [key, of] : *counts) {
        const auto add = [&, &name = key](const char* metric, Statistic value) {
            if (value.count <= 0) return;
            samples.push_back(
                {.series = {"Gyre/SageMaker",
                            metric,
                            {{"EndpointName", name.first}, {"VariantName", name.second}},
                            "None"},
                 .time = now,
                 .value = std::move(value),
                 .fine = true});
        };
        Statistic different = Statistic::Of(0, of.compared - of.different);
        different.Merge(Statistic::Of(1, of.different));
        add("ShadowComparisons", Statistic::Of(1, of.compared));
        add("ShadowDifferences", std::move(different));
        add("ShadowDropped", Statistic::Of(1, of.dropped));
        of.compared = of.different = of.dropped = 0;
    }
    return samples;
}

void ShadowJudge::Stop() {
    pool_.Stop();
}

}  // namespace gyre::serving::shadow
