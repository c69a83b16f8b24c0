// Put beside franz-go's own tests of its client, so that all of them log in: by themselves only one does, and without TLS,
// where brokers of MSK have no logins. JUDGE_LOGIN says how; what SCRAM takes, the tests read from KGO_TEST_SCRAM;
// tokens stand in JUDGE_TOKEN_FILE, always a good one.
package kgo

import (
	"context"
	"crypto/tls"
	"net"
	"os"

	"github.com/twmb/franz-go/pkg/sasl/oauth"
)

func judgeLogin() []Opt {
	switch login := os.Getenv("JUDGE_LOGIN"); login {
	case "":
		return nil
	case "scram":
		return []Opt{SASL(saslScram)}
	case "oauthbearer":
		return []Opt{SASL(oauth.Oauth(func(context.Context) (oauth.Auth, error) {
			token, err := os.ReadFile(os.Getenv("JUDGE_TOKEN_FILE"))
			return oauth.Auth{Token: string(token)}, err
		}))}
	default:
		panic("no such login: " + login)
	}
}

// For its tests of SCRAM, which know no TLS.
func judgeSeeds(seeds ...string) Opt {
	return clientOpt{func(cfg *cfg) {
		SeedBrokers(seeds...).apply(cfg)
		if testCert != nil {
			DialTLSConfig(testCert).apply(cfg)
		}
	}}
}

// TLS over a test's own dialer as well, where it has one: franz-go takes no configuration beside it.
func judgeTLS(config *tls.Config) Opt {
	return clientOpt{func(cfg *cfg) {
		dial := cfg.dialFn
		if dial == nil {
			cfg.dialTLS = config
			return
		}
		cfg.dialFn = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			own := config.Clone()
			own.ServerName, _, err = net.SplitHostPort(address)
			return tls.Client(conn, own), err
		}
	}}
}
