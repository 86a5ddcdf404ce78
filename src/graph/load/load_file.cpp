#include "graph/load/load_file.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace gyre::graph::load {
namespace {

using core::Code;
using Role = Column::Role;

/// Vertices by their ids, over the transactions of one file: an edge names two that were mostly
/// named before.
class KnownVertices {
  public:
    /// A transaction begins. Those that were found may have been dropped since the last one.
    void Begin(uint64_t drops) {
        if (drops == drops_ && known_.size() < kMost) return;
        known_.clear();
        drops_ = drops;
    }
    [[nodiscard]] std::optional<uint64_t> Find(Transaction& graph, const std::string& id) {
        const auto known = known_.find(id);
        if (known != known_.end()) return known->second;
        const auto found = graph.FindVertex(Value(id));
        if (found) known_.emplace(id, *found);
        return found;
    }

  private:
    static constexpr size_t kMost = 2'000'000;
    std::unordered_map<std::string, uint64_t> known_;
    uint64_t drops_ = 0;
};

/// Makes rows of records inside one transaction.
class RowMaker {
  public:
    RowMaker(Transaction& graph, const CsvHeader& header, const LoadOptions& options,
             KnownVertices& known)
        : graph_(graph), header_(header), options_(options), known_(known) {
        for (const Column& column : header.columns) {
            names_.push_back(column.role == Role::kProperty ? graph.Intern(column.name) : 0);
        }
    }

    /// A failure's wire name is the loader's error code. `duplicate`: it was there.
    core::Status Add(const CsvReader::Record& record, bool& duplicate) {
        if (record.size() > header_.columns.size()) {
            return Wrong("PARSING_ERROR", "the record has " + std::to_string(record.size()) +
                                              " fields, and the header " +
                                              std::to_string(header_.columns.size()));
        }
        return header_.edges ? AddEdge(record, duplicate) : AddVertex(record, duplicate);
    }

  private:
    static tl::unexpected<core::Error> Wrong(const char* code, std::string message) {
        return core::Fail(Code::kInvalidArgument, code, std::move(message));
    }
    [[nodiscard]] static const std::string* Text(const CsvReader::Record& record,
                                                 const CsvHeader& header, Role role) {
        for (size_t i = 0; i < record.size(); ++i) {
            if (header.columns[i].role == role && !record[i].text.empty()) return &record[i].text;
        }
        return nullptr;
    }
    /// Calls `use(column, name, value)` for each value of a record's properties.
    template <typename Use>
    core::Status ForValues(const CsvReader::Record& record, Use use) {
        for (size_t i = 0; i < record.size(); ++i) {
            const Column& column = header_.columns[i];
            if (column.role != Role::kProperty) continue;
            const std::string& text = record[i].text;
            if (text.empty() && !(options_.empty_strings && column.type == Column::Type::kString &&
                                  record[i].quoted)) {
                continue;
            }
            std::vector<std::string> parts{text};
            if (column.array) parts = SplitField(text);
            for (const std::string& part : parts) {
                auto value = ReadField(column, part);
                if (!value) {
                    return Wrong("DATATYPE_MISMATCH_ERROR",
                                 "column " + column.name + ": " + value.error().message);
                }
                use(column, names_[i], std::move(*value));
            }
        }
        return {};
    }

    core::Status AddVertex(const CsvReader::Record& record, bool& duplicate) {
        const std::string* id = Text(record, header_, Role::kId);
        if (id == nullptr) return Wrong("PARSING_ERROR", "the record has no ~id");
        const auto known = graph_.FindVertex(Value(*id));
        VertexRow row;
        if (known)
            row = *graph_.Vertex(*known);
        else
            row.id = Value(*id);
        bool changed = !known;
        const size_t old_labels = row.labels.size();
        if (const std::string* label = Text(record, header_, Role::kLabel)) {
            for (const std::string& one : SplitField(*label)) {
                if (one.empty()) continue;
                const NameId name = graph_.Intern(one);
                if (std::ranges::find(row.labels, name) == row.labels.end()) {
                    row.labels.push_back(name);
                }
            }
        }
        if (row.labels.empty()) row.labels.push_back(graph_.Intern("vertex"));
        GYRE_TRY(ForValues(record, [&](const Column& column, NameId name, Value value) {
            if (column.cardinality == Cardinality::kSingle) {
                const auto same = [&](const VertexValue& one) { return one.key == name; };
                const auto found = std::ranges::find_if(row.values, same);
                if (found != row.values.end()) {
                    if (!options_.replace_single || SameValue(found->value, value)) return;
                    std::erase_if(row.values, same);
                }
            } else if (std::ranges::any_of(row.values, [&](const VertexValue& one) {
                           return one.key == name && SameValue(one.value, value);
                       })) {
                return;
            }
            row.values.push_back({name, std::move(value), 0, {}});
            changed = true;
        }));
        duplicate = known.has_value();
        if (!known) {
            GYRE_TRY(graph_.AddVertex(std::move(row)));
            return {};
        }
        if (row.labels.size() != old_labels) return graph_.SetLabels(*known, row);
        return changed ? graph_.PutVertex(*known, row) : core::Status();
    }

    core::Status AddEdge(const CsvReader::Record& record, bool& duplicate) {
        const std::string* from = Text(record, header_, Role::kFrom);
        const std::string* to = Text(record, header_, Role::kTo);
        const std::string* label = Text(record, header_, Role::kLabel);
        const std::string* id = options_.user_edge_ids ? Text(record, header_, Role::kId) : nullptr;
        if (!from || !to || !label) {
            return Wrong("PARSING_ERROR", "the record has no ~from, ~to or ~label");
        }
        if (id != nullptr) {
            if (const auto known = graph_.FindEdge(Value(*id))) {
                duplicate = true;
                return Update(*known, record);
            }
        }
        const auto out = known_.Find(graph_, *from);
        const auto in = known_.Find(graph_, *to);
        if (!out || !in) {
            return Wrong("FROM_OR_TO_VERTEX_ARE_MISSING",
                         "there is no vertex '" + (out ? *to : *from) + "'");
        }
        EdgeRow row;
        if (id != nullptr) row.id = Value(*id);
        row.label = graph_.Intern(*label);
        row.out = *out;
        row.in = *in;
        GYRE_TRY(ForValues(record, [&](const Column&, NameId name, Value value) {
            row.values.emplace_back(name, std::move(value));
        }));
        GYRE_TRY(graph_.AddEdge(std::move(row)));
        return {};
    }

    core::Status Update(const EdgeRef& edge, const CsvReader::Record& record) {
        EdgeRow row = *graph_.Edge(edge.id);
        bool changed = false;
        GYRE_TRY(ForValues(record, [&](const Column&, NameId name, Value value) {
            for (auto& [key, old] : row.values) {
                if (key != name) continue;
                if (options_.replace_single && !SameValue(old, value)) {
                    old = std::move(value);
                    changed = true;
                }
                return;
            }
            row.values.emplace_back(name, std::move(value));
            changed = true;
        }));
        return changed ? graph_.PutEdge(edge.id, row) : core::Status();
    }

    Transaction& graph_;
    const CsvHeader& header_;
    const LoadOptions& options_;
    KnownVertices& known_;
    std::vector<NameId> names_;
};

}  // namespace

core::Result<bool> LoadFile(GraphStore& store, const std::string& file, const CsvHeader& header,
                            CsvReader& reader, const LoadOptions& options,
                            const core::CancelToken& cancel, LoadCounts& counts,
                            const std::function<void(LoadError)>& report) {
    CsvReader::Record record;
    KnownVertices known;
    bool more = true;
    bool good = true;
    while (more && good) {
        const auto graph = store.Write();
        known.Begin(store.Drops());
        RowMaker rows(*graph, header, options, known);
        for (size_t i = 0; i < options.transaction_records; ++i) {
            if (cancel.Cancelled()) return core::Fail(Code::kCancelled, "the load was cancelled");
            GYRE_ASSIGN(more, reader.Next(record));
            if (!more) break;
            ++counts.records;
            bool duplicate = false;
            const auto status = rows.Add(record, duplicate);
            if (duplicate) ++counts.duplicates;
            if (status) continue;
            const std::string& code = status.error().wire_name;
            if (code == "PARSING_ERROR")
                ++counts.parsing_errors;
            else if (code == "DATATYPE_MISMATCH_ERROR")
                ++counts.mismatches;
            else
                ++counts.insert_errors;
            report({code.empty() ? "INSERT_ERROR" : code, status.error().message, file,
                    reader.RecordNumber()});
            if (!options.fail_on_error) continue;
            good = false;
            break;
        }
        GYRE_TRY(graph->Commit());
    }
    return good;
}

}  // namespace gyre::graph::load
