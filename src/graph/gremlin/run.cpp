#include "graph/gremlin/run.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "graph/exec/attach.h"
#include "graph/exec/profile.h"
#include "graph/exec/stage.h"
#include "graph/gremlin/compile.h"
#include "graph/gremlin/lexer.h"
#include "graph/number.h"

namespace gyre::graph::gremlin {
namespace {

using core::Code;

/// The error with its step's place in the script.
core::Error Placed(core::Error error, std::string_view script) {
    const auto at = error.details.find("at");
    if (at == error.details.end()) return error;
    uint32_t offset = 0;
    std::from_chars(at->second.data(), at->second.data() + at->second.size(), offset);
    if (!script.empty() && offset < script.size()) {
        error.message = PlaceText(script, offset) + ": " + error.message;
    }
    error.details.erase(at);
    return error;
}

std::optional<core::milliseconds> OwnTimeout(const plan::Query& query) {
    for (const auto& [key, value] : query.options) {
        const bool named = key == "evaluationTimeout" || key == "scriptEvaluationTimeout" ||
                           key == "Neptune#queryTimeout";
        if (named && value.IsNumber()) return core::milliseconds(ToInt64(value));
    }
    return std::nullopt;
}

bool Removes(const plan::Traversal& traversal) {
    for (const plan::Step& step : traversal.steps) {
        if (step.op == plan::Op::kDrop) return true;
        for (const auto& child : step.children) {
            if (child && Removes(*child)) return true;
        }
    }
    return false;
}

core::Status Permit(const plan::Query& query, const RunOptions& options) {
    if (!query.writes && !query.writes_file) return {};
    if (options.read_only_server) {
        return core::Fail(Code::kPermissionDenied, "ReadOnlyViolationException",
                          "this server takes no writes");
    }
    const bool removes = Removes(*query.root);
    if (removes ? options.permissions.remove : options.permissions.write) return {};
    return core::Fail(Code::kPermissionDenied, "AccessDeniedException",
                      std::string("not allowed: neptune-db:") +
                          (removes ? "DeleteDataViaQuery" : "WriteDataViaQuery"));
}

/// explain(): a query whose one result is what another would do.
core::Result<plan::Query> Explained(const Bytecode& traversal, const Rules& rules) {
    GYRE_ASSIGN(const Explanation explanation, Explain(traversal, rules));
    Bytecode inject;
    inject.steps.push_back({"inject", {Value(ExplanationText(explanation))}, 0});
    return Compile(inject);
}

core::Status RunOne(Transaction& graph, const plan::Query& query, const Statement& statement,
                    const core::Clock& clock, const core::CancelToken& cancel, exec::Limits limits,
                    const std::function<void(const TraversalMetrics&)>& profiled,
                    const Take& take) {
    exec::Context context(graph, query, clock, cancel, limits);
    exec::Profile profile(clock);
    const auto& steps = query.root->steps;
    const auto profiles = [](const plan::Step& step) { return step.op == plan::Op::kProfile; };
    if (profiled || std::ranges::any_of(steps, profiles)) context.profile = &profile;
    exec::Pipeline pipeline(*query.root, context);
    exec::Traverser traverser;
    int64_t left = INT64_MAX;
    switch (statement.terminal) {
        case Terminal::kNext:
        case Terminal::kTryNext:
        case Terminal::kHasNext:
            left = 1;
            break;
        case Terminal::kNextSome:
            left = statement.count;
            break;
        default:
            break;
    }
    bool any = false;
    Set seen;
    while (left > 0 && pipeline.Next(traverser)) {
        any = true;
        if (statement.terminal == Terminal::kHasNext) break;
        if (statement.terminal == Terminal::kIterate) continue;
        if (statement.terminal == Terminal::kSet) {
            if (!seen.Add(traverser.value)) continue;
            context.Hold();
            traverser.bulk = 1;
        }
        const int64_t bulk = std::min(traverser.bulk, left);
        left -= bulk;
        GYRE_TRY(take(context, traverser.value, bulk));
    }
    if (context.Failed()) return core::Fail(context.Failure());
    GYRE_TRY(graph.Health());
    if (profiled) profiled(profile.Result());
    if (statement.terminal == Terminal::kHasNext) return take(context, Value(any), 1);
    return {};
}

}  // namespace

core::Result<Prepared> Prepare(std::vector<Statement> statements, std::string_view script,
                               const RunOptions& options) {
    Prepared prepared;
    prepared.timeout = options.timeout;
    for (const Statement& statement : statements) {
        if (!statement.transaction.empty()) continue;
        auto query = statement.terminal == Terminal::kExplain
                         ? Explained(statement.traversal, options.rules)
                         : Compile(statement.traversal, options.rules);
        if (!query) return core::Fail(Placed(query.error(), script));
        GYRE_TRY(Permit(*query, options));
        if (const auto own = OwnTimeout(*query)) prepared.timeout = *own;
        prepared.writes = prepared.writes || query->writes;
        prepared.queries.push_back(std::move(*query));
    }
    prepared.statements = std::move(statements);
    return prepared;
}

core::Status RunIn(Transaction& graph, const Prepared& prepared, const core::Clock& clock,
                   const core::CancelToken& cancel, const RunOptions& options, const Take& take) {
    exec::Limits limits;
    limits.max_held = options.max_held;
    limits.max_bytes = options.max_bytes;
    limits.files = options.files;
    if (prepared.timeout.count() > 0) limits.deadline = clock.Now() + prepared.timeout;
    static const Take kIgnore = [](exec::Context&, const Value&, int64_t) {
        return core::Status();
    };
    size_t next = 0;
    for (const Statement& statement : prepared.statements) {
        if (!statement.transaction.empty()) continue;
        const plan::Query& query = prepared.queries[next++];
        const bool last = next == prepared.queries.size();
        std::optional<plan::Query> attached;
        if (query.sent_elements) attached = exec::Attached(graph, query);
        GYRE_TRY(RunOne(graph, attached ? *attached : query, statement, clock, cancel, limits,
                        last ? options.profiled : nullptr, last ? take : kIgnore));
    }
    return {};
}

core::Status Run(GraphStore& store, const Prepared& prepared, const core::Clock& clock,
                 const core::CancelToken& cancel, const RunOptions& options, const Take& take) {
    if (!prepared.writes) {
        return RunIn(*store.Read(), prepared, clock, cancel, options, take);
    }
    const auto deadline =
        prepared.timeout.count() > 0 ? clock.Now() + prepared.timeout : core::SteadyTime::max();
    const auto graph = store.Write(deadline);
    if (!graph) {
        return core::Fail(Code::kConflict, "ConcurrentModificationException",
                          "another transaction has been writing for all of this query's time; try "
                          "again");
    }
    GYRE_TRY(RunIn(*graph, prepared, clock, cancel, options, take));
    return graph->Commit();
}

}  // namespace gyre::graph::gremlin
