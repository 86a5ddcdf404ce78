#include "graph/load/load_file.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "graph/load/record_feed.h"

namespace gyre::graph::load {
namespace {

using core::Code;
using Role = Column::Role;
using Fields = std::span<const CsvReader::Field>;

/// Records whose ends are looked up at once, and between two looks at whether it is time to flush.
constexpr size_t kGroup = 256;
/// Of an edge whose file gives it none ("Gremlin load data format", Neptune documentation).
constexpr std::string_view kDefaultEdgeLabel = "edge";

/// Makes rows of records.
class RowMaker {
  public:
    RowMaker(BulkLoad& graph, const CsvHeader& header, const LoadOptions& options,
             LoadCounts& counts)
        : graph_(graph), header_(header), options_(options), counts_(counts) {
        columns_.fill(kNone);
        for (const Column& column : header.columns) {
            size_t& first = columns_[static_cast<size_t>(column.role)];
            if (first == kNone) first = names_.size();
            values_ = values_ || column.role == Role::kProperty || !column.as_property.empty();
            names_.push_back(column.role == Role::kProperty ? graph.Intern(column.name)
                             : column.as_property.empty()   ? 0
                                                            : graph.Intern(column.as_property));
        }
    }

    /// Looks at some records that Add will get one after the other, the i-th of them as `i`. Valid
    /// until the graph is flushed.
    template <typename Record>
    void Prepare(size_t count, Record record) {
        if (!header_.edges) return;
        ends_.clear();
        for (size_t i = 0; i < count; ++i) {
            ends_.push_back(IdText(record(i), Role::kFrom, from_[i]));
            ends_.push_back(IdText(record(i), Role::kTo, to_[i]));
        }
        found_.resize(ends_.size());
        graph_.FindVertices(ends_, found_);
    }
    /// A failure's wire name is the loader's error code. In `conflicts` come the properties whose
    /// new values were not taken, as they have one.
    core::Status Add(size_t i, Fields record, std::vector<core::Error>& conflicts) {
        if (record.size() > header_.columns.size()) {
            ++counts_.records;
            return Wrong("PARSING_ERROR", "the record has " + std::to_string(record.size()) +
                                              " fields, and the header " +
                                              std::to_string(header_.columns.size()));
        }
        return header_.edges ? AddEdge(i, record, conflicts) : AddVertex(record, conflicts);
    }

  private:
    static tl::unexpected<core::Error> Wrong(const char* code, std::string message) {
        return core::Fail(Code::kInvalidArgument, code, std::move(message));
    }
    /// Empty where the record has none.
    [[nodiscard]] std::string_view Text(Fields record, Role role) const {
        const size_t column = columns_[static_cast<size_t>(role)];
        return column < record.size() ? record[column].text : std::string_view();
    }
    /// The id of an element, in its space. Valid until the next call with that scratch.
    [[nodiscard]] std::string_view IdText(Fields record, Role role, std::string& scratch) const {
        const std::string_view text = Text(record, role);
        if (text.empty()) return text;
        const Column& column = header_.columns[columns_[static_cast<size_t>(role)]];
        if (column.space.empty()) return text;
        return scratch.assign(column.space).append(":").append(text);
    }
    /// Calls `use(column, name, value)` for each value of a record's properties.
    template <typename Use>
    core::Status ForValues(Fields record, Use use) {
        if (!values_) return {};
        for (size_t i = 0; i < record.size(); ++i) {
            const Column& column = header_.columns[i];
            const bool own_id = column.role == Role::kId && !column.as_property.empty();
            if (column.role != Role::kProperty && !own_id) continue;
            const std::string_view text = record[i].text;
            if (text.empty() && !(options_.empty_strings && column.type == Column::Type::kString &&
                                  record[i].quoted)) {
                continue;
            }
            const auto one = [&](std::string_view part) -> core::Status {
                ++counts_.records;
                auto value = ReadField(column, part);
                if (!value) {
                    return Wrong("DATATYPE_MISMATCH_ERROR",
                                 "column " + column.name + ": " + value.error().message);
                }
                use(column, names_[i], std::move(*value));
                return {};
            };
            if (!column.array) {
                GYRE_TRY(one(text));
                continue;
            }
            for (const std::string& part : SplitField(text)) GYRE_TRY(one(part));
        }
        return {};
    }

    /// What became of a value that meets one under the same key, of which there may be one only.
    enum class Met : uint8_t { kSame, kReplaces, kKept };
    Met Meet(const Value& old, const Value& value, const char* kind, std::string_view id,
             const Column& column, std::vector<core::Error>& conflicts) {
        if (SameValue(old, value)) {
            if (!header_.cypher) ++counts_.duplicates;
            return Met::kSame;
        }
        if (header_.cypher) return Met::kKept;  // never an error, nor a change
        if (options_.replace_single) return Met::kReplaces;
        conflicts.push_back({Code::kAlreadyExists, "SINGLE_CARDINALITY_VIOLATION",
                             "The " + std::string(kind) + " '" + std::string(id) +
                                 "' has an existing value for property '" + column.name + "'"});
        return Met::kKept;
    }

    core::Status AddVertex(Fields record, std::vector<core::Error>& conflicts) {
        const std::string_view id = IdText(record, Role::kId, id_);
        if (id.empty()) {
            ++counts_.records;
            return Wrong("PARSING_ERROR",
                         header_.cypher ? "the record has no :ID" : "the record has no ~id");
        }
        const auto known = graph_.FindVertex(id);
        VertexRow row;
        if (known)
            row = graph_.Vertex(*known);
        else
            row.id = Value(id);
        bool changed = !known;
        const size_t old_labels = row.labels.size();
        for (const NameId name : Labels(Text(record, Role::kLabel))) {
            ++counts_.records;
            if (std::ranges::find(row.labels, name) == row.labels.end())
                row.labels.push_back(name);
            else if (!header_.cypher)
                ++counts_.duplicates;
        }
        if (row.labels.empty()) {
            ++counts_.records;
            row.labels.push_back(graph_.Intern(kDefaultLabel));
        }
        GYRE_TRY(ForValues(record, [&](const Column& column, NameId name, Value value) {
            if (column.cardinality == Cardinality::kSingle) {
                const auto same = [&](const VertexValue& one) { return one.key == name; };
                const auto found = std::ranges::find_if(row.values, same);
                if (found != row.values.end()) {
                    if (Meet(found->value, value, "vertex", id, column, conflicts) !=
                        Met::kReplaces) {
                        return;
                    }
                    std::erase_if(row.values, same);
                }
            } else if (std::ranges::any_of(row.values, [&](const VertexValue& one) {
                           return one.key == name && SameValue(one.value, value);
                       })) {
                if (!header_.cypher) ++counts_.duplicates;
                return;
            }
            row.values.push_back({name, std::move(value), 0, {}});
            changed = true;
        }));
        // Of openCypher's a whole row is one ("Get-Status responses", Neptune documentation).
        if (known && header_.cypher) ++counts_.duplicates;
        if (!known) return graph_.AddVertex(row);
        changed = changed || row.labels.size() != old_labels;
        return changed ? graph_.SetVertex(*known, row) : core::Status();
    }

    /// Of a field of labels; most files have but a few.
    const std::vector<NameId>& Labels(std::string_view field) {
        const auto found = labels_.find(field);
        if (found != labels_.end()) return found->second;
        std::vector<NameId> names;
        for (const std::string& one : SplitField(field)) {
            if (!one.empty()) names.push_back(graph_.Intern(one));
        }
        if (labels_.size() == kMostLabels) labels_.clear();
        return labels_.emplace(std::string(field), std::move(names)).first->second;
    }

    core::Status AddEdge(size_t i, Fields record, std::vector<core::Error>& conflicts) {
        ++counts_.records;
        const std::string_view from = ends_[2 * i], to = ends_[2 * i + 1];
        std::string_view label = Text(record, Role::kLabel);
        if (label.empty() && !header_.cypher) label = kDefaultEdgeLabel;
        const std::string_view id =
            options_.user_edge_ids ? Text(record, Role::kId) : std::string_view();
        if (from.empty() || to.empty() || label.empty()) {
            return Wrong("PARSING_ERROR", header_.cypher
                                              ? "the record has no :START_ID, :END_ID or :TYPE"
                                              : "the record has no ~from or ~to");
        }
        if (header_.cypher && options_.user_edge_ids && id.empty()) {
            return Wrong("PARSING_ERROR", "the record has no :ID");
        }
        const uint64_t out = found_[2 * i], in = found_[2 * i + 1];
        if (label != last_label_text_) {
            last_label_text_ = label;
            last_label_ = graph_.Intern(label);
        }
        if (!id.empty()) {
            if (const auto known = graph_.FindEdge(id)) {
                EdgeRow row = graph_.Edge(*known);
                const bool same = row.out == out && row.in == in && row.label == last_label_;
                if (!same && !header_.cypher) {
                    return Wrong("ID_ASSIGNED_TO_MULTIPLE_EDGES",
                                 "the edge '" + std::string(id) +
                                     "' has other ends or another label already");
                }
                ++counts_.duplicates;
                return Update(*known, std::move(row), id, record, conflicts);
            }
        }
        if (out == 0 || in == 0) {
            return Wrong("FROM_OR_TO_VERTEX_ARE_MISSING",
                         "there is no vertex '" + std::string(out != 0 ? to : from) + "'");
        }
        if (id.empty() && !values_) return graph_.AddEdge(out, in, last_label_);
        EdgeRow row;
        if (!id.empty()) row.id = Value(id);
        row.label = last_label_;
        row.out = out;
        row.in = in;
        GYRE_TRY(ForValues(record, [&](const Column&, NameId name, Value value) {
            row.values.emplace_back(name, std::move(value));
        }));
        return graph_.AddEdge(row);
    }

    core::Status Update(uint64_t edge, EdgeRow row, std::string_view id, Fields record,
                        std::vector<core::Error>& conflicts) {
        bool changed = false;
        GYRE_TRY(ForValues(record, [&](const Column& column, NameId name, Value value) {
            for (auto& [key, old] : row.values) {
                if (key != name) continue;
                if (Meet(old, value, "edge", id, column, conflicts) == Met::kReplaces) {
                    old = std::move(value);
                    changed = true;
                }
                return;
            }
            row.values.emplace_back(name, std::move(value));
            changed = true;
        }));
        return changed ? graph_.SetEdge(edge, row) : core::Status();
    }

    static constexpr size_t kMostLabels = 1000;
    BulkLoad& graph_;
    const CsvHeader& header_;
    const LoadOptions& options_;
    LoadCounts& counts_;
    std::vector<NameId> names_;
    std::map<std::string, std::vector<NameId>, std::less<>> labels_;
    static constexpr size_t kNone = SIZE_MAX;
    std::array<size_t, 5> columns_{};  ///< the first of each role
    bool values_ = false;              ///< some column may give a property
    // Of the records that are prepared:
    std::vector<std::string_view> ends_;
    std::vector<uint64_t> found_;
    std::array<std::string, kGroup> from_, to_;  ///< scratch
    std::string id_;                             ///< scratch
    std::string last_label_text_;
    NameId last_label_ = 0;
};

}  // namespace

LoadError UnreadableFile(const core::Error& error, const std::string& file, uint64_t record) {
    switch (error.code) {
        case Code::kInvalidArgument:
            return {"PARSING_ERROR", error.message, file, record};
        case Code::kNotFound:
            return {"FILE_MODIFICATION_OR_DELETION_ERROR", error.message, file, 0};
        case Code::kPermissionDenied:
            return {"S3_ACCESS_DENIED_ERROR", error.message, file, 0};
        default:
            return {"INTERNAL_ERROR", error.message, file, 0};
    }
}

core::Result<std::optional<LoadCounts>> LoadFile(BulkLoad& graph, const std::string& file,
                                                 const CsvHeader& header, CsvReader& reader,
                                                 const LoadOptions& options,
                                                 const core::CancelToken& cancel,
                                                 LoadCounts& counts, const LoadReport& report) {
    RowMaker rows(graph, header, options, counts);
    uint64_t next = reader.RecordNumber() + 1;
    RecordFeed feed(reader);
    std::vector<core::Error> wrong;
    while (true) {
        const auto batch = feed.Next();
        if (!batch) {
            const LoadCounts before = counts;
            const LoadError error = UnreadableFile(batch.error(), file, next);
            if (error.code == "PARSING_ERROR") ++counts.parsing_errors;
            report.error(error);
            return before;
        }
        if (*batch == nullptr) return std::nullopt;
        const CsvReader::Batch& records = **batch;
        for (size_t begin = 0; begin < records.Size(); begin += kGroup) {
            if (cancel.Cancelled()) return core::Fail(Code::kCancelled, "the load was cancelled");
            const size_t count = std::min(kGroup, records.Size() - begin);
            rows.Prepare(count, [&](size_t i) { return records[begin + i]; });
            for (size_t i = 0; i < count; ++i) {
                const LoadCounts before = counts;
                ++counts.rows;
                const auto status = rows.Add(i, records[begin + i], wrong);
                if (!status) wrong.push_back(status.error());
                if (wrong.empty()) continue;
                for (const core::Error& error : wrong) {
                    const std::string& code = error.wire_name;
                    if (code == "PARSING_ERROR")
                        ++counts.parsing_errors;
                    else if (code == "DATATYPE_MISMATCH_ERROR")
                        ++counts.mismatches;
                    else
                        ++counts.insert_errors;
                    report.error({code.empty() ? "INTERNAL_ERROR" : code, error.message, file,
                                  records.First() + begin + i});
                }
                if (options.fail_on_error) return before;
                wrong.clear();
            }
            if (graph.Full()) GYRE_TRY(graph.Flush());
        }
        next = records.First() + records.Size();
        report.progress();
    }
}

}  // namespace gyre::graph::load
