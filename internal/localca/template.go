package localca

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"slices"
	"time"
)

// authorityTemplate describes the authority's own certificate: it may certify hosts, and no further authorities.
func authorityTemplate(key *ecdsa.PublicKey, now time.Time) (*x509.Certificate, error) {
	id, short, err := keyID(key)
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber:          serialNumber(),
		Subject:               pkix.Name{CommonName: "Portico local CA " + short, Organization: []string{"Portico"}},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(authorityLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
		SubjectKeyId:          id,
	}, nil
}

// constrain keeps an authority to names, to those below them, and to the addresses that only its own network reaches.
func constrain(t *x509.Certificate, names []string) {
	if len(names) == 0 {
		return
	}
	t.PermittedDNSDomainsCritical = true
	t.PermittedDNSDomains = append([]string{"localhost"}, names...)
	for _, text := range []string{
		"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10",
	} {
		_, network, err := net.ParseCIDR(text)
		if err != nil {
			panic(err) // the networks are constants
		}
		t.PermittedIPRanges = append(t.PermittedIPRanges, network)
	}
}

// leafTemplate describes the certificate of a server reached as hosts. It ends with its authority at the latest.
func leafTemplate(hosts []string, now, last time.Time) *x509.Certificate {
	t := &x509.Certificate{
		SerialNumber:          serialNumber(),
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(-backdate).Add(leafLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	if t.NotAfter.After(last) {
		t.NotAfter = last
	}
	for _, h := range slices.Compact(slices.Sorted(slices.Values(hosts))) {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
			continue
		}
		t.DNSNames = append(t.DNSNames, h)
	}
	// A common name holds 64 characters; clients look at the lists above.
	if len(hosts[0]) <= 64 {
		t.Subject = pkix.Name{CommonName: hosts[0]}
	}
	return t
}

// serialNumber returns 127 random bits, as public authorities do: positive, never guessed, never the same twice.
func serialNumber() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b[:])
}
