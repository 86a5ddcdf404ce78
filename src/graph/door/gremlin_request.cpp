#include "graph/door/gremlin_request.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "graph/exec/within_memory.h"
#include "graph/number.h"

namespace gyre::graph::door {
namespace {

using core::Code;

/// Batches are cut by bytes too.
constexpr size_t kBatchBytes = 256 * 1024;

struct Batch {
    std::string items;
    size_t count = 0;
};

/// Gathers results; passes whole batches on at once where it may.
class Batches {
  public:
    Batches(const GremlinQuery& query, format::Mime mime, const bool& writes, const TakeBatch& take)
        : query_(query), mime_(mime), writes_(writes), take_(take) {}

    core::Status Add(exec::Context& context, const Value& value, int64_t bulk) {
        format::Writer writer(&context, query_.tokens_only || context.query.references);
        if (query_.bytecode) {
            GYRE_TRY(MakeRoom());
            writer.AddTraverser(mime_, value, bulk, batch_.items);
            ++batch_.count;
            return {};
        }
        const bool gathers = writes_ || query_.batch == kWhole;
        for (int64_t i = 0; i < bulk; ++i) {
            if (gathers) context.Hold();
            if (!context.GoOn()) return core::Fail(context.Failure());
            GYRE_TRY(MakeRoom());
            writer.Add(mime_, value, batch_.items);
            ++batch_.count;
        }
        return {};
    }
    core::Status Finish() {
        for (Batch& batch : kept_) {
            GYRE_TRY(take_(std::move(batch.items), batch.count, false));
        }
        return take_(std::move(batch_.items), batch_.count, true);
    }

  private:
    core::Status MakeRoom() {
        if (batch_.count < query_.batch && batch_.items.size() < kBatchBytes) return {};
        Batch full = std::exchange(batch_, {});
        if (writes_) {
            kept_.push_back(std::move(full));
            return {};
        }
        return take_(std::move(full.items), full.count, false);
    }

    const GremlinQuery& query_;
    const format::Mime mime_;
    const bool& writes_;
    const TakeBatch& take_;
    Batch batch_;
    std::vector<Batch> kept_;  ///< of a writing query, until it is durable
};

}  // namespace

core::Result<std::vector<gremlin::Statement>> StatementsOf(const GremlinQuery& query) {
    if (!query.bytecode) return gremlin::ParseScript(query.script, query.bindings);
    gremlin::Statement statement;
    statement.traversal = *query.bytecode;
    // ["tx", "commit"] on the source is g.tx().commit()
    const auto& sources = statement.traversal.sources;
    if (sources.size() == 1 && sources[0].name == "tx" && sources[0].arguments.size() == 1) {
        statement.transaction = DisplayText(sources[0].arguments[0]);
        return std::vector{std::move(statement)};
    }
    // "discard" and "none" at the end ask for no results
    auto& steps = statement.traversal.steps;
    if (!steps.empty() && steps.back().arguments.empty() &&
        (steps.back().name == "discard" || steps.back().name == "none")) {
        statement.terminal = gremlin::Terminal::kIterate;
        steps.pop_back();
    }
    return std::vector{std::move(statement)};
}

std::string SourceOf(const GremlinQuery& query, const std::vector<gremlin::Statement>& statements) {
    const bool named = !query.bytecode && !statements.empty() && statements[0].source != "g";
    return named ? statements[0].source : query.source;
}

core::Result<GremlinQuery> ReadQuery(const format::Request& request) {
    GremlinQuery query;
    query.id = UuidText(request.id);
    const Map& arguments = request.arguments;
    if (const Value* id = arguments.Find(Value("queryId")); id && id->Is<std::string>()) {
        query.id = id->As<std::string>();
    }
    const Value* gremlin = arguments.Find(Value("gremlin"));
    if (gremlin == nullptr) {
        return core::Fail(Code::kInvalidArgument, "MissingParameterException",
                          "the argument gremlin is missing");
    }
    if (gremlin->Is<std::string>() && request.op == "eval") {
        query.script = gremlin->As<std::string>();
    } else if (gremlin->Is<Ptr<Bytecode>>() && request.op == "bytecode") {
        query.bytecode = gremlin->As<Ptr<Bytecode>>();
    } else {
        return core::Fail(Code::kInvalidArgument, "BadRequestException",
                          "eval takes a script, and bytecode a Bytecode");
    }
    if (const Value* bindings = arguments.Find(Value("bindings"))) {
        if (bindings->Is<Ptr<Map>>()) query.bindings = *bindings->As<Ptr<Map>>();
    }
    if (const Value* aliases = arguments.Find(Value("aliases"));
        aliases && aliases->Is<Ptr<Map>>()) {
        const Value* source = aliases->As<Ptr<Map>>()->Find(Value("g"));
        if (source != nullptr && source->Is<std::string>())
            query.source = source->As<std::string>();
    }
    if (const Value* batch = arguments.Find(Value("batchSize")); batch && batch->IsNumber()) {
        query.batch = static_cast<size_t>(std::clamp<int64_t>(ToInt64(*batch), 1, 100'000));
    }
    for (const char* name : {"evaluationTimeout", "scriptEvaluationTimeout"}) {
        const Value* timeout = arguments.Find(Value(name));
        if (timeout && timeout->IsNumber()) query.timeout = core::milliseconds(ToInt64(*timeout));
    }
    if (const Value* how = arguments.Find(Value("materializeProperties"))) {
        query.tokens_only = how->Is<std::string>() && how->As<std::string>() == "tokens";
    }
    return query;
}

std::string QueryText(const GremlinQuery& query) {
    if (!query.bytecode) return query.script;
    std::string text = "g";
    for (const auto* calls : {&query.bytecode->sources, &query.bytecode->steps}) {
        for (const Instruction& call : *calls) {
            text += "." + call.name + "(";
            for (size_t i = 0; i < call.arguments.size(); ++i) {
                if (i > 0) text += ",";
                text += DisplayText(call.arguments[i]);
            }
            text += ")";
        }
    }
    return text;
}

core::Status Session::Run(GraphStore& store, const gremlin::Prepared& prepared,
                          const core::Clock& clock, const core::CancelToken& cancel,
                          const gremlin::RunOptions& options, const gremlin::Take& take) {
    if (std::exchange(expired_, false)) {
        return core::Fail(Code::kConflict, "ConcurrentModificationException",
                          "the transaction was idle for too long and has been rolled back");
    }
    if (prepared.writes && !Writes()) {
        graph_ = store.Write(clock.Now() + prepared.timeout);
        if (!graph_) {
            return core::Fail(Code::kConflict, "ConcurrentModificationException",
                              "another transaction has been writing for all of this query's time; "
                              "try again");
        }
    } else if (!graph_) {
        graph_ = store.Read();
    }
    auto status = exec::WithinMemory(
        [&] { return gremlin::RunIn(*graph_, prepared, clock, cancel, options, take); });
    if (!status) {
        RollBack();
        return status;
    }
    if (prepared.statements.empty()) return {};
    const std::string& end = prepared.statements.back().transaction;
    if (end == "rollback") RollBack();
    if (end != "commit") return {};
    const auto graph = std::exchange(graph_, nullptr);
    return graph->Commit();
}

core::Status Answer(const GremlinService& service, const GremlinQuery& query, format::Mime mime,
                    const core::CancelToken& cancel, Session* session, const TakeBatch& take) {
    GYRE_ASSIGN(auto statements, StatementsOf(query));
    const std::string source = SourceOf(query, statements);
    const auto store = service.graphs->Find(source);
    if (store == nullptr) {
        return core::Fail(Code::kInvalidArgument, "InvalidParameterException",
                          "there is no traversal source named '" + source + "'");
    }
    GYRE_TRY(store->Serves(false, service.clock->Now()));
    gremlin::RunOptions options;
    options.read_only_server = store->Follows();
    options.timeout = query.timeout.value_or(service.timeout);
    options.max_held = service.max_held;
    options.max_bytes = service.max_bytes;
    options.files = service.files;
    options.rules = service.graphs->RulesOf(source);
    options.permissions = query.permissions;
    options.profiled = query.profiled;
    GYRE_ASSIGN(const auto prepared,
                gremlin::Prepare(std::move(statements), query.script, options));
    Batches batches(query, mime, prepared.writes, take);
    const gremlin::Take add = [&](exec::Context& context, const Value& value, int64_t bulk) {
        return batches.Add(context, value, bulk);
    };
    GYRE_TRY(session ? session->Run(*store, prepared, *service.clock, cancel, options, add)
                     : gremlin::Run(*store, prepared, *service.clock, cancel, options, add));
    return batches.Finish();
}

}  // namespace gyre::graph::door
