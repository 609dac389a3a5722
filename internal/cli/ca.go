package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/bx24"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/localca"
)

func caCommand() command {
	return command{
		name: "ca", summary: "Prints the certificate to trust for HTTPS, and how.",
		help: `The authority is made when it does not exist yet. Its key stays in the data folder: who has it can pose as any host to
those who trust the certificate. --only makes one that is trusted for the hosts that it names, what is below them, the names that
applications call literally and the addresses of one's own network, and for nothing else:

  portico ca --only portal.example.com`,
		define: func(fs *flag.FlagSet) runner {
			var only list
			fs.Var(&only, "only", "make an authority for these `HOSTS` alone, separated by commas, before there is one")
			return func(_ context.Context, e *env, _ []string) error { return e.ca(only) }
		},
	}
}

// literalHosts are the names that applications call whichever portal they belong to.
func literalHosts() []string { return []string{"oauth.bitrix.info", "oauth.bitrix24.tech", bx24.Host} }

func (e *env) ca(only []string) error {
	dir, err := filepath.Abs(e.data)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if len(only) > 0 {
		if _, err := os.Stat(filepath.Join(dir, localca.CertificateFile)); err == nil {
			return fault.Newf(fault.Conflict, "CA_EXISTS", "There is an authority in %s already: --only is for making one", dir)
		}
		for i, host := range only {
			if only[i], err = localca.HostName(host); err != nil || net.ParseIP(only[i]) != nil {
				return misuse("--only: %q is not the name of a host", host)
			}
		}
		only = append(only, literalHosts()...)
	}
	ca, err := localca.Open(localca.Config{Dir: dir, Clock: e.clock, Only: only})
	if err != nil {
		return err
	}
	cert := ca.Certificate()
	sum := sha256.Sum256(cert.Raw)
	out := struct {
		Path    string    `json:"path"`
		Subject string    `json:"subject"`
		SHA256  string    `json:"sha256"`
		Ends    time.Time `json:"ends"`
		Only    []string  `json:"only,omitempty"`
		PEM     string    `json:"pem"`
	}{ca.Path(), cert.Subject.CommonName, hex.EncodeToString(sum[:]), cert.NotAfter, cert.PermittedDNSDomains, string(ca.PEM())}
	return e.print(out, func() {
		e.facts([2]string{"Certificate", out.Path}, [2]string{"Name", out.Subject}, [2]string{"SHA-256", out.SHA256},
			[2]string{"Good until", day(out.Ends)}, [2]string{"Only for", strings.Join(out.Only, ", ")})
		e.say("\n%s", out.PEM)
		e.say(trustHelp, out.Path)
	})
}

// trustHelp takes the path of the certificate.
const trustHelp = `How to trust it:

  curl       curl --cacert %[1]s https://127.0.0.1:8443/readyz
  PHP        in php.ini: curl.cainfo=%[1]s
             and openssl.cafile=%[1]s
  Debian     sudo cp %[1]s /usr/local/share/ca-certificates/portico.crt
             sudo update-ca-certificates
  Fedora     sudo cp %[1]s /etc/pki/ca-trust/source/anchors/portico.pem
             sudo update-ca-trust
  macOS      sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain %[1]s
  Windows    certutil -addstore -f ROOT %[1]s
  Chromium   on Linux: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n portico -i %[1]s
             elsewhere it trusts what the system trusts
  Node       NODE_EXTRA_CA_CERTS=%[1]s
  Python     REQUESTS_CA_BUNDLE=%[1]s`
