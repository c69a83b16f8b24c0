import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.resource.*;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Makes one call of Kafka's own clients for each line of its input, `id<TAB>property=value;;...<TAB>call name...`, as the
 * principal of the properties, and prints `id<TAB>` with the simple name of the exception that the client got, or `none`.
 */
public class AuthorizedCalls {
    static final int LIMIT_MS = 30_000;

    public static void main(String[] args) throws Exception {
        Properties common = new Properties();
        common.load(new java.io.FileReader(args[0]));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        ExecutorService workers = Executors.newFixedThreadPool(6);
        List<Future<String>> answers = new ArrayList<>();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split("\t");
            Properties properties = new Properties();
            properties.putAll(common);
            for (String each : parts[1].split(";;")) {
                int at = each.indexOf('=');
                properties.put(each.substring(0, at), each.substring(at + 1));
            }
            answers.add(workers.submit(() -> parts[0] + "\t" + outcome(properties, parts[2].split(" "))));
        }
        for (Future<String> answer : answers) System.out.println(answer.get());
        workers.shutdown();
    }

    static String outcome(Properties properties, String[] call) {
        try {
            String kind = call[0];
            if (kind.startsWith("producer.")) produce(properties, kind.substring(9), call);
            else if (kind.startsWith("consumer.")) consume(properties, call);
            else administer(properties, kind, call);
            return "none";
        } catch (Throwable error) {
            Throwable cause = error;
            while (cause.getCause() != null
                && (cause instanceof ExecutionException || cause.getClass() == org.apache.kafka.common.KafkaException.class))
                cause = cause.getCause();
            return cause.getClass().getSimpleName();
        }
    }

    static void produce(Properties properties, String how, String[] call) throws Exception {
        Map<String, Object> settings = settings(properties);
        settings.put("enable.idempotence", !how.equals("plain"));
        settings.put("max.block.ms", LIMIT_MS);
        if (how.equals("transactional")) settings.put("transactional.id", call[2]);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            if (how.equals("transactional")) {
                producer.initTransactions();
                producer.beginTransaction();
            }
            Future<?> sent = producer.send(new ProducerRecord<>(call[1], new byte[1]));
            if (how.equals("transactional")) {
                producer.flush();
                sent.get();
                producer.commitTransaction();
            } else {
                sent.get(LIMIT_MS, TimeUnit.MILLISECONDS);
            }
        }
    }

    static void consume(Properties properties, String[] call) {
        Map<String, Object> settings = settings(properties);
        settings.put("group.id", call[2]);
        settings.put("auto.offset.reset", "earliest");
        settings.put("group.protocol", call[0].substring(9));
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(call[1]));
            long endMs = System.currentTimeMillis() + LIMIT_MS;
            while (System.currentTimeMillis() < endMs) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
                if (!records.isEmpty()) return;
            }
            throw new IllegalStateException("no record came");
        }
    }

    static void administer(Properties properties, String kind, String[] call) throws Exception {
        String name = call.length > 1 ? call[1] : "";
        TopicPartition partition = new TopicPartition("orders", 0);
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        AclBinding acl = new AclBinding(
            new ResourcePattern(ResourceType.TOPIC, "nowhere", PatternType.LITERAL),
            new AccessControlEntry("User:nobody", "*", AclOperation.READ, AclPermissionType.ALLOW));
        ClientQuotaEntity nobody = new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, "nobody"));
        try (Admin admin = Admin.create(settings(properties))) {
            switch (kind) {
                case "createTopics" -> admin.createTopics(
                    List.of(new NewTopic(name, Optional.of(1), Optional.empty())),
                    new CreateTopicsOptions().validateOnly(true)).all().get();
                case "deleteTopics" -> admin.deleteTopics(List.of(name)).all().get();
                case "describeTopics" -> admin.describeTopics(List.of(name)).allTopicNames().get();
                case "createPartitions" -> admin.createPartitions(
                    Map.of(name, NewPartitions.increaseTo(2)),
                    new CreatePartitionsOptions().validateOnly(true)).all().get();
                case "deleteRecords" -> admin.deleteRecords(
                    Map.of(partition, RecordsToDelete.beforeOffset(0))).all().get();
                case "listOffsets" -> admin.listOffsets(Map.of(partition, OffsetSpec.latest())).all().get();
                case "describeProducers" -> admin.describeProducers(List.of(partition)).all().get();
                case "describeTopicConfigs" -> admin.describeConfigs(List.of(topic)).all().get();
                case "describeBrokerConfigs" -> admin.describeConfigs(List.of(broker)).all().get();
                case "alterTopicConfigs" -> admin.incrementalAlterConfigs(
                    Map.of(topic, setting("retention.ms", "604800000")),
                    new AlterConfigsOptions().validateOnly(true)).all().get();
                case "alterBrokerConfigs" -> admin.incrementalAlterConfigs(
                    Map.of(broker, setting("log.cleaner.threads", "1")),
                    new AlterConfigsOptions().validateOnly(true)).all().get();
                case "describeGroups" -> admin.describeConsumerGroups(List.of(name)).all().get();
                case "deleteGroups" -> admin.deleteConsumerGroups(List.of(name)).all().get();
                case "listOffsetsOfGroup" -> {
                    Map<TopicPartition, OffsetAndMetadata> offsets =
                        admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata().get();
                    if (offsets.isEmpty()) throw new NothingListedException();
                }
                case "alterOffsetsOfGroup" -> admin.alterConsumerGroupOffsets(
                    name, Map.of(partition, new OffsetAndMetadata(0))).all().get();
                case "deleteOffsetsOfGroup" -> admin.deleteConsumerGroupOffsets(
                    name, Collections.singleton(partition)).all().get();
                case "listGroups" -> {
                    boolean listed = admin.listConsumerGroups().all().get().stream()
                        .anyMatch(group -> group.groupId().equals(name));
                    if (!listed) throw new NothingListedException();
                }
                case "listTopics" -> {
                    if (!admin.listTopics().names().get().contains(name)) throw new NothingListedException();
                }
                case "describeTransactions" -> admin.describeTransactions(List.of(name)).all().get();
                case "fenceProducers" -> admin.fenceProducers(List.of(name)).all().get();
                case "describeAcls" -> admin.describeAcls(AclBindingFilter.ANY).values().get();
                case "createAcls" -> admin.createAcls(List.of(acl)).all().get();
                case "deleteAcls" -> admin.deleteAcls(List.of(new AclBindingFilter(
                    new ResourcePatternFilter(ResourceType.TOPIC, "nothing", PatternType.LITERAL),
                    AccessControlEntryFilter.ANY))).all().get();
                case "electLeaders" -> admin.electLeaders(
                    ElectionType.PREFERRED, Collections.singleton(partition)).all().get();
                case "listReassignments" -> admin.listPartitionReassignments().reassignments().get();
                case "alterReassignments" -> admin.alterPartitionReassignments(
                    Map.of(partition, Optional.empty())).all().get();
                case "describeQuotas" -> admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get();
                case "alterQuotas" -> admin.alterClientQuotas(
                    List.of(new ClientQuotaAlteration(nobody, List.of(
                        new ClientQuotaAlteration.Op("producer_byte_rate", 1e9)))),
                    new AlterClientQuotasOptions().validateOnly(true)).all().get();
                case "describeScram" -> admin.describeUserScramCredentials().all().get();
                case "alterScram" -> admin.alterUserScramCredentials(List.of(
                    new UserScramCredentialDeletion("nobody", ScramMechanism.SCRAM_SHA_512))).all().get();
                case "describeLogDirs" -> admin.describeLogDirs(List.of(1)).allDescriptions().get();
                case "describeQuorum" -> admin.describeMetadataQuorum().quorumInfo().get();
                case "updateFeatures" -> admin.updateFeatures(
                    Map.of("nothing.version", new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.UPGRADE)),
                    new UpdateFeaturesOptions().validateOnly(true)).all().get();
                case "unregisterBroker" -> admin.unregisterBroker(77).all().get();
                case "describeCluster" -> admin.describeCluster().nodes().get();
                default -> throw new IllegalArgumentException(kind);
            }
        }
    }

    /** What a list leaves out instead of refusing. */
    static class NothingListedException extends RuntimeException {}

    static java.util.Collection<AlterConfigOp> setting(String name, String value) {
        return Arrays.asList(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET));
    }

    static Map<String, Object> settings(Properties properties) {
        Map<String, Object> settings = new HashMap<>();
        properties.forEach((key, value) -> settings.put((String) key, value));
        settings.put("default.api.timeout.ms", String.valueOf(LIMIT_MS));
        settings.put("request.timeout.ms", String.valueOf(LIMIT_MS));
        return settings;
    }
}
