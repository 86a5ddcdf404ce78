#include "grpc/schema.h"

#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <algorithm>
#include <cstdio>

#include "grpc/detail/proto_files.h"
#include "grpc/wire.h"

namespace gyre::grpc {
namespace {

namespace pb = google::protobuf;

constexpr const char* kTypes = "type.googleapis.com";

class Texts final : public pb::compiler::SourceTree {
  public:
    pb::io::ZeroCopyInputStream* Open(const std::string& name) override {
        for (const auto& file : detail::ProtoFiles()) {
            if (file.name != name) continue;
            return new pb::io::ArrayInputStream(file.text.data(),
                                                static_cast<int>(file.text.size()));
        }
        return nullptr;
    }
    std::string GetLastErrorMessage() override { return "no such file"; }
};

/// The files are part of the program: an error in one is a bug.
class Loud final : public pb::compiler::MultiFileErrorCollector {
  public:
    void AddError(const std::string& file, int line, int column,
                  const std::string& message) override {
        std::fprintf(stderr, "%s:%d:%d: %s\n", file.c_str(), line + 1, column + 1, message.c_str());
    }
};

std::string Serialised(const pb::FileDescriptor* file) {
    if (file == nullptr) return {};
    pb::FileDescriptorProto proto;
    file->CopyTo(&proto);
    return proto.SerializeAsString();
}

}  // namespace

struct Schema::Impl {
    Impl() : importer(&texts, &loud) {
        for (const auto& file : detail::ProtoFiles()) {
            GYRE_CHECK(importer.Import(std::string(file.name)) != nullptr);
        }
        resolver.reset(pb::util::NewTypeResolverForDescriptorPool(kTypes, importer.pool()));
    }

    Texts texts;
    Loud loud;
    pb::compiler::Importer importer;
    std::unique_ptr<pb::util::TypeResolver> resolver;
};

Schema::Schema() : impl_(std::make_unique<Impl>()) {
}

Schema::~Schema() = default;

core::Result<core::Json> Schema::ToJson(const std::string& type, std::string_view message) const {
    WireReader fields(message);  // the library takes what is cut off as if it ended there
    while (fields.Next()) {
    }
    if (fields.Broken()) {
        return core::Fail(core::Code::kInvalidArgument, "the message is no " + type);
    }
    std::string text;
    pb::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    const auto status =
        pb::util::BinaryToJsonString(impl_->resolver.get(), std::string(kTypes) + "/" + type,
                                     std::string(message), &text, options);
    if (!status.ok()) {
        return core::Fail(core::Code::kInvalidArgument,
                          "the message is no " + type + ": " + std::string(status.message()));
    }
    return core::ParseJson(text);
}

core::Result<std::string> Schema::FromJson(const std::string& type, const core::Json& json) const {
    std::string message;
    pb::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;
    const auto status =
        pb::util::JsonToBinaryString(impl_->resolver.get(), std::string(kTypes) + "/" + type,
                                     core::JsonText(json), &message, options);
    if (!status.ok()) {
        return core::Fail(core::Code::kInternal,
                          "the answer fits no " + type + ": " + std::string(status.message()));
    }
    return message;
}

std::string Schema::FileNamed(const std::string& name) const {
    const bool ours = std::ranges::find(detail::ProtoFiles(), name, &detail::ProtoFile::name) !=
                      detail::ProtoFiles().end();
    return ours ? Serialised(impl_->importer.pool()->FindFileByName(name)) : "";
}

std::string Schema::FileDefining(const std::string& symbol) const {
    return Serialised(impl_->importer.pool()->FindFileContainingSymbol(symbol));
}

}  // namespace gyre::grpc
