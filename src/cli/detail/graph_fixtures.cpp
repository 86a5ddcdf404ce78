#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "cli/detail/command.h"
#include "cli/detail/graph_calls.h"

namespace gyre::cli::detail {
namespace {

using core::Code;

/// TinkerPop's toy graphs: the traversal source that its suites want, and the published file's
/// name without "-v3.json" or ".json". Those without a file are empty.
struct ToyGraph {
    const char* source;
    const char* file;
};
constexpr ToyGraph kToyGraphs[] = {{"gmodern", "tinkerpop-modern"},
                                   {"gclassic", "tinkerpop-classic"},
                                   {"gcrew", "tinkerpop-crew"},
                                   {"gsink", "tinkerpop-sink"},
                                   {"ggrateful", "grateful-dead"},
                                   {"ggraph", ""},
                                   {"gtx", ""}};

std::string StemOf(const std::filesystem::path& file) {
    std::string name = file.filename().string();
    for (const std::string_view ending : {".json", "-v3"}) {
        if (name.ends_with(ending)) name.resize(name.size() - ending.size());
    }
    return name;
}

/// The file of each source, of what folders and files were given.
core::Result<std::map<std::string, std::filesystem::path>> FilesOf(
    Session& session, const std::vector<std::string>& given) {
    std::map<std::string, std::filesystem::path> files;
    const auto take = [&](const std::filesystem::path& file) {
        const auto toy = std::ranges::find_if(
            kToyGraphs, [stem = StemOf(file)](const ToyGraph& one) { return stem == one.file; });
        if (toy == std::end(kToyGraphs)) return false;
        auto& known = files[toy->source];
        // Of both names the one that says its version.
        if (known.empty() || file.string().ends_with("-v3.json")) known = file;
        return true;
    };
    for (const std::string& one : given) {
        GYRE_ASSIGN(const core::FileInfo info, session.files.Stat(one));
        if (!info.is_directory) {
            if (take(one)) continue;
            return core::Fail(Code::kInvalidArgument,
                              one +
                                  " is named as none of TinkerPop's toy graphs: "
                                  "tinkerpop-modern-v3.json, tinkerpop-classic-v3.json, "
                                  "tinkerpop-crew-v3.json, tinkerpop-sink-v3.json, "
                                  "grateful-dead-v3.json (or without -v3)");
        }
        GYRE_ASSIGN(const auto names, session.files.List(one));
        for (const std::string& name : names) {
            if (name.ends_with(".json")) std::ignore = take(std::filesystem::path(one) / name);
        }
    }
    if (files.empty()) {
        return core::Fail(Code::kInvalidArgument,
                          "there is no toy graph of TinkerPop, such as tinkerpop-modern-v3.json");
    }
    return files;
}

core::Result<std::set<std::string>> GraphsThere(const Platform& platform) {
    GYRE_ASSIGN(const core::Json answer, AskGraph(platform, "GET", "/graphs"));
    std::set<std::string> names;
    const core::Json* graphs = core::JsonFind(answer, "graphs");
    if (graphs == nullptr || !graphs->is_array()) return names;
    for (const core::Json& one : graphs->get_array()) {
        names.insert(core::JsonStringOr(one, "name"));
    }
    return names;
}

}  // namespace

core::Status MakeFixtures(Session& session, const GraphOptions& options) {
    GYRE_ASSIGN(const auto files, FilesOf(session, options.arguments));
    GYRE_ASSIGN(const Platform platform, Platform::Find(session, options.connection));
    GYRE_ASSIGN(const auto there, GraphsThere(platform));
    Progress progress(session);
    core::JsonArray made;
    for (const ToyGraph& toy : kToyGraphs) {
        const auto file = files.find(toy.source);
        if (*toy.file != '\0' && file == files.end()) continue;
        if (there.contains(toy.source) && !options.replace) {
            progress.Done(std::string(toy.source) + " is there already (--replace to begin anew)");
            continue;
        }
        std::string target = std::string("/graphs/") + toy.source +
                             "?mode=tinkergraph&replace=" + (options.replace ? "true" : "false");
        std::string body;
        if (file != files.end()) {
            progress.Step(std::string(toy.source) + " from " + file->second.string());
            GYRE_ASSIGN(body, core::ReadFile(session.files, file->second));
            target += "&file=" + net::PercentEncode(file->second.filename().string());
        }
        GYRE_ASSIGN(core::Json answer, AskGraph(platform, "PUT", target, body));
        const auto count = [&](const char* name) {
            return std::to_string(core::JsonInt(answer, name).value_or(0));
        };
        progress.Done(std::string(toy.source) + ": " + count("vertices") + " vertices, " +
                      count("edges") + " edges");
        answer.get_object()["name"] = toy.source;
        made.push_back(std::move(answer));
    }
    if (options.connection.json) PrintJson(session, core::JsonObject{{"graphs", made}});
    return {};
}

}  // namespace gyre::cli::detail
