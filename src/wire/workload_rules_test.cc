// Every bound and rule of a workload's document, each with the fault that it gives.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/health_fields.h"
#include "wire/workload_document.h"

namespace hearth {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string faults_of(const std::string& members) {
  const auto file = read_workload_file(R"({"name":"web")" + members + "}", {});
  if (file) return "";
  return error_of(ErrorCode::kInvalidArgument, file.error()).message;
}

struct Case {
  std::string members;
  std::string fault;  ///< The beginning; empty: accepted.
};

void expect(const std::vector<Case>& cases) {
  for (const auto& [members, fault] : cases) {
    const std::string found = faults_of(members);
    if (fault.empty()) {
      EXPECT_EQ(found, "") << members;
    } else {
      EXPECT_THAT(found, StartsWith(fault)) << members;
      EXPECT_THAT(found, testing::Not(HasSubstr("\n"))) << members;
    }
  }
}

std::string list_of(std::size_t count, const std::function<std::string(std::size_t)>& item) {
  std::string list = "[";
  for (std::size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + item(i);
  return list + "]";
}

TEST(WorkloadRules, Resources) {
  expect({
      {R"(,"resources":{"memory":"6M"})", ""},
      {R"(,"resources":{"memory":6291456})", ""},
      {R"(,"resources":{"memory":"1024T","cpu":"1000"})", ""},
      {R"(,"resources":{"memory":0,"cpu":0})", ""},
      {R"(,"resources":{"memory":6291455})", "$.resources.memory: must be from 6M"},
      {R"(,"resources":{"memory":"64X"})", "$.resources.memory: memory is a number with a unit"},
      {R"(,"resources":{"cpu":1000.1})", "$.resources.cpu: cpu is a number of cores"},
      {R"(,"resources":{"cpu":-1})", "$.resources.cpu: cpu is a number of cores"},
      {R"(,"resources":{"cpu":true})", "$.resources.cpu: must be a number, not true or false"},
      {R"(,"resources":{"pids":4194305})", "$.resources.pids: must be a whole number from 1 to"},
      {R"(,"resources":{"limits":{}})", "$.resources.limits: write memory, cpu and pids directly"},
      {R"(,"cpu_millis":5)", "$.cpu_millis: write resources: {cpu: 0.5}, in cores"},
      {R"(,"memory_bytes":5)", "$.memory_bytes: write resources: {memory: 64M}"},
      {R"(,"pids_max":5)", "$.pids_max: write resources: {pids: 512}"},
  });
}

TEST(WorkloadRules, Ports) {
  const auto ports = [](std::size_t count) {
    return ",\"ports\":" +
           list_of(count, [](std::size_t i) { return "\"" + std::to_string(i + 1) + ":80\""; });
  };
  expect({
      {R"(,"ports":["80:80","80:80/udp","127.0.0.1:81:1","127.0.0.2:81:1"])", ""},
      {R"(,"ports":["80:80","80:81"])", "$.ports[1]: publishes port 80 of the node again"},
      {R"(,"ports":["80:80","127.0.0.1:80:81"])", "$.ports[1]: publishes port 80 of the node"},
      {R"(,"ports":["[2001:db8::7]:80:80",{"host":80,"container":81,"address":"[2001:DB8:0::7]"}])",
       "$.ports[1]: publishes port 80 of the node again"},
      {R"(,"ports":["[::ffff:192.0.2.7]:80:80","192.0.2.7:80:81"])",
       "$.ports[1]: publishes port 80 of the node again"},
      {R"(,"ports":["[0:0::0]:80:80"])", "$.ports[0]: the address must be the address of one"},
      {R"(,"ports":["80"])", "$.ports[0]: must name the node's port, too: \"80:80\""},
      {R"(,"ports":["8000-8010:80"])", "$.ports[0]: must be one port, not a range"},
      {R"(,"ports":["80:80/sctp"])", "$.ports[0]: after the '/' must be tcp or udp"},
      {R"(,"ports":["0:80"])", "$.ports[0]: must be \"8080:80\""},
      {R"(,"ports":["65536:80"])", "$.ports[0]: must be \"8080:80\""},
      {R"(,"ports":["http:80"])", "$.ports[0]: must be \"8080:80\""},
      {R"(,"ports":[8080])", "$.ports[0]: must be \"8080:80\""},
      {R"(,"ports":["node1:80:80"])", "$.ports[0]: the address must be an IP address"},
      {R"(,"ports":[{"host":0,"container":80}])", "$.ports[0].host: must be a whole number from 1"},
      {R"(,"ports":[{"host":80}])", "$.ports[0].container: is missing"},
      {R"(,"ports":[{"host":80,"container":80,"protocol":"sctp"}])",
       "$.ports[0].protocol: must be one of: tcp, udp"},
      {R"(,"ports":[{"host":80,"container":80,"host_ip":"::1"}])",
       "$.ports[0].host_ip: write address"},
      {R"(,"network":"host","ports":["80:80"])", "$.ports: needs network: bridge"},
      {R"(,"network":"overlay")", "$.network: must be one of: bridge, host"},
      {R"(,"network_mode":"host")", "$.network_mode: write network: bridge, or network: host"},
      {ports(kPortsMax), ""},
      {ports(kPortsMax + 1), "$.ports: has 65 ports; the limit is 64"},
  });
}

TEST(WorkloadRules, Devices) {
  const auto devices = [](std::size_t count) {
    return ",\"devices\":" +
           list_of(count, [](std::size_t i) { return "\"/dev/" + std::to_string(i) + "\""; });
  };
  const std::string longest = "/" + std::string(kDevicePathBytesMax - 1, 'd');
  expect({
      {R"(,"devices":["/dev/a:/dev/b:rwm"])", ""},
      {R"(,"devices":["/dev/a","/dev/a:/dev/b"])", "$.devices[1]: lists the device '/dev/a' again"},
      {R"(,"devices":["/dev/a","/dev//a:/dev/b"])", "$.devices[1]: lists the device '/dev/a' aga"},
      {R"(,"devices":["/dev/a","/dev/./a/:/dev/b"])", "$.devices[1]: lists the device '/dev/a' "},
      {R"(,"devices":["/dev/a","/dev/x/../a:/b"])", "$.devices[1]: lists the device '/dev/a' aga"},
      {R"(,"devices":["/dev/.."])", "$.devices[0]: a device must be an absolute path"},
      {R"(,"devices":["/dev/a:/dev/x","/dev/b:/dev/x"])", "$.devices[1]: uses the path '/dev/x'"},
      {R"(,"devices":["dev/a"])", "$.devices[0]: a device must be an absolute path"},
      {R"(,"devices":["/dev/a:/dev/b:rx"])", "$.devices[0]: the permissions must be letters"},
      {R"(,"devices":["/dev/a:/dev/b:rr"])", "$.devices[0]: the permissions must be letters"},
      {R"(,"devices":["/dev/usb-0:1"])", "$.devices[0]: must be \"/dev/ttyUSB0\" or"},
      {R"(,"devices":[{"host":"/dev/usb-0:1"}])", ""},
      {R"(,"devices":[1])", "$.devices[0]: must be \"/dev/ttyUSB0\" or"},
      {",\"devices\":[\"" + longest + "\"]", ""},
      {",\"devices\":[\"" + longest + "d\"]", "$.devices[0]: a device must be an absolute path"},
      {devices(kDevicesMax), ""},
      {devices(kDevicesMax + 1), "$.devices: has 33 devices; the limit is 32"},
  });
}

TEST(WorkloadRules, RestartStopAndReplace) {
  const auto pre_stop = [](std::size_t count) {
    return ",\"stop\":{\"pre_stop\":" + list_of(count, [](std::size_t) { return "\"a\""; }) + "}";
  };
  const auto word = [](std::size_t bytes) {
    return ",\"stop\":{\"pre_stop\":[\"" + std::string(bytes, 'a') + "\"]}";
  };
  expect({
      {R"(,"restart":"no")", "$.restart: must be one of: always, on-failure, never; what compose"},
      {R"(,"restart":"unless-stopped")",
       "$.restart: must be one of: always, on-failure, never; wr"},
      {R"(,"restart":"sometimes")", "$.restart: must be one of: always, on-failure, never"},
      {R"(,"kind":"oneshot","restart":"always")", "$.restart: a oneshot ends"},
      {R"(,"kind":"oneshot","restart":"never","instances":1)", ""},
      {R"(,"kind":"oneshot","instances":2)", "$.instances: a oneshot has one instance"},
      {R"(,"stop":{"grace":"10m"})", ""},
      {R"(,"stop":{"grace":"11m"})", "$.stop.grace: must be from \"0s\" to \"10m\""},
      {R"(,"stop":{"grace":10})", "$.stop.grace: must be a duration with a unit"},
      {R"(,"stop":{"signal":"TERM"})", "$.stop.signal: must be one of: SIGTERM, SIGINT"},
      {R"(,"stop":{"pre_stop":"/bin/flush"})", "$.stop.pre_stop: must be a list of words"},
      {R"(,"stop":{"pre_stop":["","x"]})", "$.stop.pre_stop: must begin with a program"},
      {pre_stop(kCommandWordsMax), ""},
      {pre_stop(kCommandWordsMax + 1), "$.stop.pre_stop: has 65 words; the limit is 64"},
      {word(kCommandBytesMax), ""},
      {word(kCommandBytesMax + 1), "$.stop.pre_stop: has 8193 bytes; the limit is 8192"},
      {R"(,"stop_signal":"SIGINT")", "$.stop_signal: write stop: {signal: SIGTERM}"},
      {R"(,"replace":"start_first","devices":["/dev/a"])", "$.replace: two instances cannot have"},
      {R"(,"replace":"start_first","ports":["80:80"])", "$.replace: two instances cannot have"},
      {R"(,"replace":"never")", "$.replace: must be one of: start_first, stop_first"},
      {R"(,"node":"n1","on_node_lost":"replace")",
       "$.on_node_lost: with node no other one can take its work: write stay, or leave it out"},
      {R"(,"node":"n1","on_node_lost":"stay")", ""},
      {R"(,"on_node_lost":"exclusive")", "$.on_node_lost: exclusive is not supported yet"},
  });
}

TEST(WorkloadRules, After) {
  const auto after = [](std::size_t count) {
    return ",\"after\":" +
           list_of(count, [](std::size_t i) { return "\"w" + std::to_string(i) + "\""; });
  };
  expect({
      {R"(,"after":["web"])", "$.after[0]: a workload cannot await itself"},
      {R"(,"after":{"web":"ready"})", "$.after.web: a workload cannot await itself"},
      {R"(,"after":["db","db"])", "$.after[1]: lists 'db' again"},
      {R"(,"after":["DB"])", "$.after[0]: name 'DB' must match"},
      {R"(,"after":{"db":"healthy"})", "$.after.db: must be one of: started, ready"},
      {R"(,"after":{"db":{"condition":"x"}})", "$.after.db.condition: write until: started"},
      {R"(,"after":{"db":{"restart_with_it":1}})", "$.after.db.restart_with_it: must be true or"},
      {after(kDependenciesMax), ""},
      {after(kDependenciesMax + 1), "$.after: has 33 workloads; the limit is 32"},
      {R"(,"depends_on":["db"])", "$.depends_on: write after: [db]"},
  });
}

TEST(WorkloadRules, Probes) {
  const auto readiness = [](const std::string& members) {
    return ",\"probes\":{\"readiness\":{" + members + "}}";
  };
  const auto path = [&](std::size_t bytes) {
    return readiness(R"("http":{"port":1,"path":"/)" + std::string(bytes - 1, 'a') + "\"}");
  };
  const auto headers = [&](std::size_t count, std::size_t value_bytes) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
      all += (i == 0 ? "\"H" : ",\"H") + std::to_string(i + 10) + "\":\"" +
             std::string(value_bytes, 'v') + "\"";
    }
    return readiness(R"("http":{"port":1,"headers":{)" + all + "}}");
  };
  expect({
      {readiness(""), "$.probes.readiness: must have exactly one of: http, tcp, exec"},
      {readiness(R"("tcp":{"port":1},"exec":["a"])"), "$.probes.readiness: must have exactly one"},
      {readiness(R"("tcp":{"port":0})"), "$.probes.readiness.tcp.port: must be a whole number"},
      {readiness(R"("tcp":{})"), "$.probes.readiness.tcp.port: is missing"},
      {readiness(R"("http":{"port":1,"path":"healthz"})"),
       "$.probes.readiness.http.path: must beg"},
      {readiness(R"("http":{"port":1,"path":"/a b"})"), "$.probes.readiness.http.path: must beg"},
      {readiness(R"("http":{"port":1,"headers":{"A B":"x"}})"),
       "$.probes.readiness.http.headers[\"A B\"]: is not a header"},
      {readiness(R"("http":{"port":1,"headers":{"A":"x\r\n"}})"),
       "$.probes.readiness.http.headers.A: is not a header"},
      {path(kProbePathBytesMax), ""},
      {path(kProbePathBytesMax + 1), "$.probes.readiness.http.path: has 1025 bytes"},
      {headers(kProbeHeadersMax, 1), ""},
      {headers(kProbeHeadersMax + 1, 1), "$.probes.readiness.http.headers: has 33 headers"},
      {headers(1, kProbeHeaderBytesMax - 3), ""},
      {headers(1, kProbeHeaderBytesMax - 2), "$.probes.readiness.http.headers: has 4097 bytes"},
      {readiness(R"("exec":[])"), "$.probes.readiness.exec: must not be empty"},
      {readiness(R"("exec":"/bin/check")"), "$.probes.readiness.exec: must be a list of words"},
      {readiness(R"("tcp":{"port":1},"period":"100ms","timeout":"1h")"), ""},
      {readiness(R"("tcp":{"port":1},"period":"99ms")"), "$.probes.readiness.period: must be from"},
      {readiness(R"("tcp":{"port":1},"timeout":"2h")"), "$.probes.readiness.timeout: must be from"},
      {readiness(R"("tcp":{"port":1},"initial_delay":"2h")"),
       "$.probes.readiness.initial_delay: must be from"},
      {readiness(R"("tcp":{"port":1},"failures":0)"), "$.probes.readiness.failures: must be a who"},
      {readiness(R"("tcp":{"port":1},"successes":1001)"), "$.probes.readiness.successes: must be"},
      {readiness(R"("tcp":{"port":1},"periodSeconds":5)"),
       "$.probes.readiness.periodSeconds: write period: 10s"},
      {R"(,"probes":{"readinessProbe":{}})", "$.probes.readinessProbe: write readiness"},
      {R"(,"probes":{"image_healthcheck":"startup"})", "$.probes.image_healthcheck: must be one"},
      {R"(,"probes":{"readiness":{"tcp":{"port":1}},
                     "liveness":{"tcp":{"port":1},"failures":2}})",
       "$.probes.liveness: gives up after 20.0 s, before readiness does (30.0 s)"},
      {R"(,"probes":{"readiness":{"tcp":{"port":1}},
                     "liveness":{"tcp":{"port":1},"failures":6,"period":"5s"}})",
       ""},
      {R"(,"healthcheck":{})", "$.healthcheck: write probes"},
  });
}

TEST(WorkloadRules, LogRules) {
  const auto rule = [](const std::string& members) {
    return R"(,"log_rules":[{"name":"a",)" + members + "}]";
  };
  const auto pattern = [&](std::size_t bytes) {
    return rule("\"must_not_appear\":\"" + std::string(bytes, 'p') + "\"");
  };
  const auto named = [](const std::string& name) {
    return ",\"log_rules\":[{\"name\":\"" + name + R"(","silence":"1m"}])";
  };
  const auto rules = [](std::size_t count) {
    return ",\"log_rules\":" + list_of(count, [](std::size_t i) {
             return "{\"name\":\"r" + std::to_string(i) + R"(","silence":"1m"})";
           });
  };
  const std::string at = "$.log_rules[0]";
  expect({
      {rule(R"("do":"mark")"), at + ": must have exactly one of: must_not_appear, must_appear"},
      {rule(R"("silence":"1m","must_appear":"x","within":"1m")"), at + ": must have exactly one"},
      {rule(R"("must_not_appear":"x","count":1000,"within":"168h")"), ""},
      {rule(R"("must_not_appear":"x","count":1001,"within":"1m")"), at + ".count: must be a whole"},
      {rule(R"("must_not_appear":"x","count":2)"), at + ".count: needs within"},
      {rule(R"("must_not_appear":"x","within":"169h")"), at + ".within: must be from"},
      {rule(R"("must_not_appear":"x","every":"1m")"), at + ".every: belongs to must_recur"},
      {rule(R"("must_not_appear":"")"), at + ".must_not_appear: must not be empty"},
      {rule(R"("must_not_appear":3)"), at + ".must_not_appear: must be a string, not a number"},
      {rule(R"("must_appear":"x")"), at + ": must_appear needs within"},
      {rule(R"("must_appear":"x","within":"0s")"), at + ".within: must be from"},
      {rule(R"("must_appear":"x","within":"1m","count":2)"), at + ".count: belongs to"},
      {rule(R"("must_recur":"x")"), at + ": must_recur needs every"},
      {rule(R"("must_recur":"x","every":"1m","unless":"y")"), at + ".unless: belongs to"},
      {rule(R"("silence":"1m","grace":"1m")"), at + ".grace: belongs to rules with a pattern"},
      {rule(R"("silence":"0s")"), at + ".silence: must be from"},
      {rule(R"("silence":"1m","do":"panic")"), at + ".do: must be one of: event, mark, restart"},
      {rule(R"("silence":"1m","stream":"log")"), at + ".stream: must be one of: any, stdout, stde"},
      {rule(R"("silence":"1m","hold_off":"169h")"), at + ".hold_off: must be from"},
      {rule(R"("silence":"1m","action":"mark")"), at + ".action: write do: restart"},
      {rule(R"("silence":"1m","hold_of":"1m")"),
       at + ".hold_of: unknown key; did you mean \"hold_off\"?"},
      {pattern(kPatternBytesMax), ""},
      {pattern(kPatternBytesMax + 1), at + ".must_not_appear: has 1025 bytes; the limit is 1024"},
      {named("A-z_0.9"), ""},
      {named("a b"), at + ".name: must be of letters, digits, '-', '_' and '.'"},
      {named(""), at + ".name: must not be empty"},
      {named(std::string(kRuleNameBytesMax, 'n')), ""},
      {named(std::string(kRuleNameBytesMax + 1, 'n')), at + ".name: has 65 bytes"},
      {R"(,"log_rules":[{"silence":"1m"}])", at + ".name: is missing"},
      {R"(,"log_rules":[{"name":"a","silence":"1m"},{"name":"a","silence":"2m"}])",
       "$.log_rules[1]: has the name 'a' of another rule"},
      {rules(kLogRulesMax), ""},
      {rules(kLogRulesMax + 1), "$.log_rules: has 201 rules; the limit is 200"},
  });
}

TEST(WorkloadRules, TrendsAndUpdate) {
  expect({
      {R"(,"trends":{"memory":{"ahead":"0s"}})", "$.trends.memory.ahead: must be from"},
      {R"(,"trends":{"memory":{"do":"panic"}})", "$.trends.memory.do: must be one of"},
      {R"(,"trends":{"memory":{"action":"mark"}})", "$.trends.memory.action: unknown key"},
      {R"(,"trends":{"restarts":{"do":"mark"}})", ""},
      {R"(,"trends":{"restarts":{"ahead":"1m"}})", "$.trends.restarts.ahead: unknown key"},
      {R"(,"trends":{"restarts":{"do":"restart"}})",
       "$.trends.restarts.do: must be event, mark or replace"},
      {R"(,"trends":{"disk":{}})", "$.trends.disk: unknown key"},
      {R"(,"update":{"min_ready":"1h","ready_deadline":"24h","placement_deadline":"24h"})", ""},
      {R"(,"update":{"min_ready":"61m","ready_deadline":"24h"})", "$.update.min_ready: must be fr"},
      {R"(,"update":{"min_ready":"6m"})",
       "$.update.min_ready: must not exceed ready_deadline (5m)"},
      {R"(,"update":{"ready_deadline":"25h"})", "$.update.ready_deadline: must be from"},
      {R"(,"update":{"placement_deadline":"0s"})", "$.update.placement_deadline: must be from"},
      {R"(,"update":{"minready":"1s"})", "$.update.minready: unknown key; did you mean"},
  });
}

TEST(WorkloadRules, WhatIsStillToComeIsSaidInWords) {
  for (const char* key : {"image", "volumes", "secrets", "kafka"}) {
    EXPECT_THAT(faults_of(std::string(",\"") + key + "\":[]"),
                StartsWith(std::string("$.") + key + ": is not supported yet: use build"));
  }
  expect({{R"(,"services":{})", "$.services: write one file for each workload"},
          {R"(,"replicas":3)", "$.replicas: write instances: 3"},
          {R"(,"instances":0)", ""},
          {R"(,"instances":1000)", ""},
          {R"(,"instances":1001)", "$.instances: must be a whole number from 0 to 1000"},
          {R"(,"build":{"context":"."})", "$.build: must be a string, not an object"},
          {R"(,"build":"")", "$.build: must not be empty"}});
}

TEST(WorkloadRules, ADocumentIsBounded) {
  const auto padded = [](std::size_t bytes) {
    const std::string text = R"({"name":"web"})";
    return read_workload_file(text + std::string(bytes - text.size(), ' '), {}).has_value();
  };
  EXPECT_TRUE(padded(kWorkloadJsonBytesMax));
  EXPECT_FALSE(padded(kWorkloadJsonBytesMax + 1));
}

TEST(WorkloadRules, Adopt) {
  const std::string node = R"(,"node":"n1")";
  const std::string adopt = R"(,"adopt":{"container":"shop_db.1-x"})" + node;
  expect({
      {adopt, ""},
      {R"(,"adopt":{"container":"0123456789ab","restart":"start"})" + node, ""},
      {adopt + R"(,"kind":"service","instances":1,"on_node_lost":"stay","replace":"stop_first")",
       ""},
      {adopt + R"(,"network":"host","stop":{"grace":"20s"},"restart":"on-failure")", ""},
      {R"(,"adopt":{"container":"db"})", "$.adopt: needs the node that the container is on"},
      {R"(,"adopt":{})" + node, "$.adopt.container: is missing"},
      {R"(,"adopt":{"container":""})" + node, "$.adopt.container: must not be empty"},
      {R"(,"adopt":{"container":"/db"})" + node, "$.adopt.container: must be a container's name"},
      {R"(,"adopt":{"container":"-db"})" + node, "$.adopt.container: must be a container's name"},
      {R"(,"adopt":{"container":"d b"})" + node, "$.adopt.container: must be a container's name"},
      {R"(,"adopt":{"container":"d\u00e4"})" + node,
       "$.adopt.container: must be a container's name"},
      {R"(,"adopt":{"container":"db","restart":"never"})" + node,
       "$.adopt.restart: must be one of: recreate, start"},
      {R"(,"adopt":{"container":"db","afresh":true})" + node, "$.adopt.afresh: unknown"},
      {R"(,"adopt":{"container":")" + std::string(256, 'a') + R"("})" + node,
       "$.adopt.container: has 256 bytes; the limit is 255"},
      {R"(,"adopt":{"container":")" + std::string(255, 'a') + R"("})" + node, ""},
      {adopt + R"(,"build":".")", "$.build: an adopted container exists already"},
      {adopt + R"(,"environment":{"A":"b"})", "$.environment: an adopted container keeps its own"},
      {adopt + R"(,"resources":{"cpu":1})", "$.resources: an adopted container keeps its own"},
      {adopt + R"(,"devices":["/dev/i2c-1"])", "$.devices: an adopted container keeps its own"},
      {adopt + R"(,"ports":["80:80"])", "$.ports: an adopted container keeps its own"},
      {adopt + R"(,"stop":{"signal":"SIGINT"})",
       "$.stop: an adopted container keeps its own signal"},
      {adopt + R"(,"instances":2)", "$.instances: there is only one adopted container"},
      {adopt + R"(,"instances":0)", "$.instances: there is only one adopted container"},
      {adopt + R"(,"kind":"oneshot")", "$.kind: an adopted container is a service or"},
      {adopt + R"(,"on_node_lost":"replace")",
       "$.on_node_lost: an adopted container is nowhere else"},
      {adopt + R"(,"replace":"start_first")", "$.replace: there is only one adopted container"},
  });
}

TEST(WorkloadRules, WithANodeAloneItStaysThereIfThatIsLost) {
  const auto spec_of = [](const std::string& members) {
    const std::string bundle = R"("bundle":"sha256:)" + std::string(64, 'a') + R"(")";
    return decode_workload_request("{" + bundle + members + "}", *WorkloadName::parse("web"));
  };
  EXPECT_EQ(spec_of(R"(,"node":"n1")")->on_node_lost, NodeLossPolicy::kStay);
  EXPECT_EQ(spec_of("")->on_node_lost, NodeLossPolicy::kReplace);
}

}  // namespace
}  // namespace hearth
