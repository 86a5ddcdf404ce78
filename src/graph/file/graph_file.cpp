#include "graph/file/graph_file.h"

namespace gyre::graph::file {

std::optional<Format> FormatNamed(std::string_view name) {
    if (name == "graphson" || name == ".json") return Format::kGraphSon;
    if (name == "graphml" || name == ".xml") return Format::kGraphMl;
    if (name == "gryo" || name == ".kryo") return Format::kGryo;
    return std::nullopt;
}

core::Status Read(Format format, Transaction& graph, std::string_view text) {
    switch (format) {
        case Format::kGraphSon:
            return ReadGraphSon(graph, text);
        case Format::kGraphMl:
            return ReadGraphMl(graph, text);
        case Format::kGryo:
            break;
    }
    return ReadGryo(graph, text);
}

core::Status Write(Format format, exec::Context& context, const Put& put) {
    if (format == Format::kGryo) {
        return core::Fail(core::Code::kUnimplemented, "UnsupportedOperationException",
                          "io().write() of Gryo is not implemented; GraphSON holds as much");
    }
    return format == Format::kGraphSon ? WriteGraphSon(context, put) : WriteGraphMl(context, put);
}

}  // namespace gyre::graph::file
