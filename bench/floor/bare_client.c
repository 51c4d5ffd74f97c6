// The least memory of a process that uses Kafka: one producer that sends the size of a heartbeat
// every half second, one consumer assigned to one partition, small queues, and nothing else.
//
//     bare_client BROKERS STATUS_TOPIC ASSIGNMENT_TOPIC

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void set(rd_kafka_conf_t* conf, const char* key, const char* value) {
  char why[256];
  if (rd_kafka_conf_set(conf, key, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
    fprintf(stderr, "bare_client: %s\n", why);
    exit(1);
  }
}

static rd_kafka_t* client(rd_kafka_type_t type, const char* brokers) {
  char why[256];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", brokers);
  set(conf, "socket.nagle.disable", "true");
  if (type == RD_KAFKA_PRODUCER) {
    set(conf, "linger.ms", "0");
    set(conf, "acks", "1");
    set(conf, "queue.buffering.max.kbytes", "512");
  } else {
    set(conf, "group.id", "bare");
    set(conf, "enable.auto.commit", "false");
    set(conf, "queued.max.messages.kbytes", "512");
  }
  rd_kafka_t* made = rd_kafka_new(type, conf, why, sizeof why);
  if (!made) {
    fprintf(stderr, "bare_client: %s\n", why);
    exit(1);
  }
  return made;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  rd_kafka_t* producer = client(RD_KAFKA_PRODUCER, argv[1]);
  rd_kafka_t* consumer = client(RD_KAFKA_CONSUMER, argv[1]);
  rd_kafka_topic_partition_list_t* assigned = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(assigned, argv[3], 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(consumer, assigned);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, argv[2], NULL);
  char payload[300];
  memset(payload, 'x', sizeof payload);
  for (;;) {
    rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, payload, sizeof payload, NULL, 0, NULL);
    rd_kafka_poll(producer, 0);
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer, 500);
    if (message) rd_kafka_message_destroy(message);
  }
}
