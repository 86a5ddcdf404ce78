#include "grpc/standard_services.h"

#include "grpc/rpc_statuses.h"
#include "grpc/wire.h"

namespace gyre::grpc {
namespace {

using net::RpcCode;

constexpr const char* kHealth = "grpc.health.v1.Health";
constexpr uint64_t kServing = 1;

/// The answer to one ServerReflectionRequest (grpc/grpc-proto,
/// grpc/reflection/v1/reflection.proto).
std::string Reflected(const Services& services, const Schema& schema, std::string_view request) {
    std::string answer;
    AppendBytes(answer, 1, BytesOf(request, 1));  // the host
    AppendBytes(answer, 2, request);
    const auto file = [&](const std::string& descriptor, const std::string& what) {
        std::string inner;
        if (!descriptor.empty()) {
            AppendBytes(inner, 1, descriptor);
            return AppendBytes(answer, 4, inner);
        }
        AppendNumber(inner, 1, static_cast<uint64_t>(RpcCode::kNotFound));
        AppendBytes(inner, 2, "there is no " + what);
        AppendBytes(answer, 7, inner);
    };
    WireReader fields(request);
    while (fields.Next()) {
        const std::string what(fields.Bytes());
        switch (fields.Number()) {
            case 3:
                file(schema.FileNamed(what), "file " + what);
                return answer;
            case 4:
                file(schema.FileDefining(what), "symbol " + what);
                return answer;
            case 5:
            case 6:
                file("", "extension: proto3 has none");
                return answer;
            case 7: {
                std::string list;
                for (const std::string& name : services.Names()) {
                    std::string one;
                    AppendBytes(one, 1, name);
                    AppendBytes(list, 1, one);
                }
                AppendBytes(answer, 6, list);
                return answer;
            }
            default:
                break;
        }
    }
    file("", "question in the request");
    return answer;
}

/// A stream of questions, each answered as it comes.
class Reflection : public std::enable_shared_from_this<Reflection> {
  public:
    Reflection(const Services& services, std::shared_ptr<const Schema> schema, Call call)
        : services_(services), schema_(std::move(schema)), call_(std::move(call)) {}

    /// At most so many that are there already, lest they pile up on the stack.
    void Next(int more = 1000) {
        if (more == 0) {
            return call_->Finish({RpcCode::kResourceExhausted, "too many questions at once"});
        }
        call_->Read([self = shared_from_this(), more](core::Result<net::RpcCall::Message> message) {
            if (!message) return self->call_->Finish(RpcStatusOf(message.error()));
            if (!*message) return self->call_->Finish({});
            self->call_->Write(Reflected(self->services_, *self->schema_, **message));
            self->Next(more - 1);
        });
    }

  private:
    const Services& services_;
    const std::shared_ptr<const Schema> schema_;
    const Call call_;
};

}  // namespace

void AddStandardServices(Services& services, std::shared_ptr<const Schema> schema) {
    services.AddUnary(kHealth, "Check", [&services](const Call& call, const std::string& message) {
        const std::string service = BytesOf(message, 1);
        if (!service.empty() && !services.Has(service)) {
            return call->Finish({RpcCode::kNotFound, "unknown service " + service});
        }
        std::string answer;
        AppendNumber(answer, 1, kServing);
        call->Answer(std::move(answer));
    });
    for (const char* version : {"v1", "v1alpha"}) {
        services.Add("grpc.reflection." + std::string(version) + ".ServerReflection",
                     "ServerReflectionInfo", [&services, schema](const Call& call) {
                         std::make_shared<Reflection>(services, schema, call)->Next();
                     });
    }
}

}  // namespace gyre::grpc
