import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Subscribes by a pattern that the coordinator resolves (KIP-848), which none of Kafka's tools does. Arguments: bootstrap
 * servers, group, pattern, how many records to read. Prints their values, one per line.
 */
public class PatternConsumer {
    public static void main(String[] args) {
        Properties properties = new Properties();
        properties.putAll(Map.of(
            "bootstrap.servers", args[0],
            "group.id", args[1],
            "group.protocol", "consumer",
            "auto.offset.reset", "earliest"));
        int left = Integer.parseInt(args[3]);
        long deadline = System.currentTimeMillis() + 90_000;
        try (var consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(new SubscriptionPattern(args[2]));
            while (left > 0 && System.currentTimeMillis() < deadline) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
                    System.out.println(record.value());
                    left--;
                }
                System.out.flush();
            }
        }
        System.exit(left > 0 ? 1 : 0);
    }
}
