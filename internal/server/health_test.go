package server_test

import (
	"errors"
	"testing"

	"github.com/portico-hq/portico/internal/server"
)

// TestAliveAsksNoPortal holds that a portal in trouble, and a name that belongs to none, leave the process alive.
func TestAliveAsksNoPortal(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	addPortals(t, data, "good.example.com", "ill.example.com")
	r := start(t, server.Config{Data: data}, func(host string, p *fakePortal) {
		if host == "ill.example.com" {
			p.notReady = errors.New("the disk is full")
		}
	})
	status, body := r.get("http://ill.example.com/readyz")
	expect(t, "ill is not ready", status, body, 503, "the disk is full")
	for _, address := range []string{
		"http://good.example.com/healthz", "http://ill.example.com/healthz", "https://ill.example.com/healthz", "http://none.example.com/healthz",
	} {
		status, body = r.get(address)
		expect(t, address, status, body, 200, "alive\n")
	}
	status, body = r.get("http://good.example.com/healthz/")
	expect(t, "another path is the portal's", status, body, 200, "good.example.com|")
}
