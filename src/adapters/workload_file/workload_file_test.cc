#include "adapters/workload_file/workload_file.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string faults_of(std::string_view text) {
  const auto file = read_workload_yaml(text, {});
  std::string all;
  if (file) return all;
  for (const WorkloadFileFault& fault : file.error()) all += show("f.yaml", fault) + "\n";
  return all;
}

TEST(WorkloadYaml, EveryFaultHasItsLineAndColumnInTheOrderOfTheText) {
  EXPECT_EQ(faults_of("name: heater\n"
                      "on_node_lost: panic\n"
                      "ports:\n"
                      "  - \"80:80\"\n"
                      "  - {host: 80, container: 0}\n"
                      "kind: daemon\n"
                      "probes:\n"
                      "  readiness:\n"
                      "    tcp: {}\n"),
            "f.yaml:2:15: on_node_lost: must be one of: replace, stay\n"
            "f.yaml:5:27: ports[1].container: must be a whole number from 1 to 65535\n"
            "f.yaml:6:7: kind: must be one of: service, application, oneshot\n"
            "f.yaml:9:5: probes.readiness.tcp.port: is missing\n");
}

TEST(WorkloadYaml, AFaultOfSyntaxShowsTheLineOnce) {
  EXPECT_EQ(faults_of("name: heater\nkind: @x\n"),
            "f.yaml:2:7: plain scalar cannot start with '@'\n"
            "    kind: @x\n"
            "          ^\n");
  EXPECT_THAT(faults_of("name: a\nname: b\n"),
              StartsWith("f.yaml:2:1: duplicate key \"name\": the first is in line 1, column 1\n"));
  EXPECT_EQ(faults_of("name"), "f.yaml:1:1: must be an object, not a string\n");
}

TEST(WorkloadYaml, VariablesAreTakenAsWritten) {
  const auto file =
      read_workload_yaml("name: a\nenvironment: {A: 1.10, B: yes, C: TRUE, D: 0755}\n", {});
  ASSERT_TRUE(file);
  EXPECT_EQ(file->workload.instance.container.environment,
            (std::map<std::string, std::string>{
                {"A", "1.10"}, {"B", "yes"}, {"C", "TRUE"}, {"D", "0755"}}));
}

TEST(WorkloadYaml, IsBounded) {
  const auto padded = [](std::size_t bytes) { return "name: a\n" + std::string(bytes - 8, '#'); };
  EXPECT_EQ(faults_of(padded(kWorkloadFileBytesMax)), "");
  EXPECT_EQ(faults_of(padded(kWorkloadFileBytesMax + 1)),
            "f.yaml:1:1: has 262145 bytes; the limit is 262144\n    name: a\n    ^\n");
}

TEST(WorkloadText, NamesTheFileThatIsMissing) {
  const TemporaryDirectory folder;
  EXPECT_EQ(load_workload_text(folder / "x.yaml").error().code, ErrorCode::kNotFound);
  std::ofstream(folder / "x.yaml") << "name: a\n";
  EXPECT_EQ(load_workload_text(folder / "x.yaml"), "name: a\n");
}

TEST(WorkloadBody, IsYamlIfItsTypeSaysSo) {
  const WorkloadName name = WorkloadName::parse("web").value();
  const std::string bundle = "sha256:" + std::string(64, 'a');
  const std::string yaml = "bundle: " + bundle + "\ninstances: 2\n";
  for (const char* type : {"application/yaml", "text/yaml; charset=utf-8", "application/x-yaml"}) {
    const auto spec = read_workload_body(type, yaml, name, {});
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->instances, 2U);
  }
  for (const char* type : {"", "application/json", "application/x-www-form-urlencoded"}) {
    EXPECT_FALSE(read_workload_body(type, yaml, name, {})) << type;
    EXPECT_TRUE(read_workload_body(type, R"({"bundle":")" + bundle + "\"}", name, {})) << type;
  }
  EXPECT_TRUE(read_workload_body("application/yaml", R"({"bundle":")" + bundle + "\"}", name, {}));
  const auto refused =
      read_workload_body("application/yaml", "bundle: x\ninstances: -1\n", name, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message,
              HasSubstr("\nline 2, column 12: instances: must be a whole number from 0 to 1000"));
}

TEST(LogRulesYaml, AreReadFromAWorkloadFileOrFromOneThatHasOnlyThem) {
  const std::string_view rules = "log_rules:\n  - {name: a, must_not_appear: x}\n";
  const auto alone = read_log_rules_yaml(rules, {});
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->at(0).name, "a");
  const auto of_workload = read_log_rules_yaml("name: heater\n" + std::string(rules), {});
  EXPECT_EQ(of_workload, alone);
}

TEST(LogRulesYaml, EveryFaultHasItsPlace) {
  const auto fault = [](std::string_view text) {
    const auto read = read_log_rules_yaml(text, {});
    return read ? std::string("none") : show("f.yaml", read.error().at(0));
  };
  EXPECT_EQ(fault("{}"), "f.yaml:1:1: log_rules: is missing");
  EXPECT_THAT(fault("log_rules:\n  - name: a\n"), StartsWith("f.yaml:2:5: log_rules[0]: "));
  EXPECT_THAT(fault("log_rules: [1"), StartsWith("f.yaml:"));
  EXPECT_EQ(fault("log_rule: []"),
            show("f.yaml", read_workload_yaml("log_rule: []", {}).error().at(0)))
      << "it is taken for a workload file";
}

}  // namespace
}  // namespace hearth
