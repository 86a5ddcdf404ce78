// A graph inside this process: loads Neptune's CSV files, asks questions in openCypher, and tells
// what was answered and how long it took.
//
//     graph_questions FOLDER MEMORY < work.json
//     {"files": [PATH…], "questions": [{"text": …, "rounds": N, "parameters": [{name: value}…]}…]}
//
// The files are loaded into FOLDER, nodes first, with at most about MEMORY bytes gathered at a
// time. Prints {"load": {"load_s", "records", "bytes", "peak_kb"}, "questions": [{"us": [best of
// the rounds for each set of parameters], "answers": [rows of each]}…], "own_kb": …}: a text is
// parsed and planned anew each time, and the time counts that too. Memory is the process's own,
// without files mapped: the load's most, and what it has in the end.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stop_token>
#include <string>
#include <thread>

#include "core/json.h"
#include "graph/csv_for_bench.h"
#include "graph/cypher/parse.h"
#include "graph/cypher/procedures.h"
#include "graph/cypher/run.h"
#include "graph/number.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

using Clock = std::chrono::steady_clock;

double MicrosSince(Clock::time_point began) {
    return std::chrono::duration<double, std::micro>(Clock::now() - began).count();
}

/// Memory that this process has of its own, without files mapped.
int64_t OwnKilobytes() {
    std::ifstream status("/proc/self/status");
    std::string word;
    int64_t kilobytes = 0;
    while (status >> word) {
        if (word == "RssAnon:" && status >> kilobytes) return kilobytes;
    }
    return 0;
}

/// Looks at it every few milliseconds, since the system keeps its most only with files mapped.
class PeakMemory {
  public:
    int64_t Stop() {
        thread_.request_stop();
        thread_.join();
        return most_;
    }

  private:
    int64_t most_ = 0;
    std::jthread thread_{[this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            most_ = std::max(most_, OwnKilobytes());
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }};
};

core::Json ToJson(const Value& value) {
    if (value.IsNull()) return nullptr;
    if (value.Is<bool>()) return value.As<bool>();
    if (value.Is<double>()) return value.As<double>();
    if (value.IsNumber()) return ToInt64(value);
    return core::Json(DisplayText(value));
}

Map ToMap(const core::JsonObject& parameters) {
    Map map;
    for (const auto& [name, value] : parameters) {
        map.Put(Value(std::string_view(name)), value.is_int64()
                                                   ? Value(value.as_int64())
                                                   : Value(std::string_view(value.as_string())));
    }
    return map;
}

core::JsonArray Ask(GraphStore& store, const std::string& text, const Map& parameters) {
    static const cypher::Procedures procedures;
    core::JsonArray rows;
    const auto query = cypher::Parse(text, parameters, procedures);
    core::Status ran;
    if (!query) ran = core::Fail(query.error());
    if (query) {
        ran = cypher::Run(store, *query, {core::SystemClock(), {}, {}},
                          [&](exec::Context&, const Values& columns) {
                              core::JsonArray row;
                              for (const Value& value : columns) row.push_back(ToJson(value));
                              rows.push_back(std::move(row));
                          });
    }
    if (!ran) {
        std::cerr << text << ": " << ran.error().message << "\n";
        std::exit(1);
    }
    return rows;
}

core::JsonObject Question(GraphStore& store, const core::JsonObject& question) {
    const std::string text(question.at("text").as_string());
    core::JsonArray took, answers;
    for (const core::Json& of : question.at("parameters").as_array()) {
        const Map parameters = ToMap(of.as_object());
        double best = 1e18;
        core::JsonArray rows;
        for (int64_t round = question.at("rounds").as_int64(); round > 0; --round) {
            const auto began = Clock::now();
            rows = Ask(store, text, parameters);
            best = std::min(best, MicrosSince(began));
        }
        took.push_back(best);
        answers.push_back(std::move(rows));
    }
    return {{"us", std::move(took)}, {"answers", std::move(answers)}};
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) {
        std::cerr << "usage: graph_questions FOLDER MEMORY < work.json\n";
        return 2;
    }
    const std::string input(std::istreambuf_iterator<char>(std::cin), {});
    const auto work = core::ParseJson(input);
    if (!work) {
        std::cerr << work.error().message << "\n";
        return 2;
    }
    auto store = GraphStore::Open(words[1], GraphMode::kNeptune);
    if (!store) {
        std::cerr << store.error().message << "\n";
        return 1;
    }
    const auto began = Clock::now();
    PeakMemory peak;
    uint64_t records = 0;
    {
        BulkLoad load(**store, std::stoull(words[2]));
        for (const core::Json& file : work->at("files").as_array()) {
            records += LoadCsv(load, std::string(file.as_string()));
        }
        if (!load.Finish()) return 1;
    }
    core::JsonObject result;
    result["load"] = core::JsonObject{{"load_s", MicrosSince(began) / 1e6},
                                      {"records", records},
                                      {"bytes", BytesUnder(words[1])},
                                      {"peak_kb", peak.Stop()}};
    core::JsonArray questions;
    for (const core::Json& question : work->at("questions").as_array()) {
        questions.push_back(Question(**store, question.as_object()));
    }
    result["questions"] = std::move(questions);
    result["own_kb"] = OwnKilobytes();
    std::cout << core::JsonText(result) << "\n";
    return 0;
}
