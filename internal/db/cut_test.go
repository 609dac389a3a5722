package db_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// through returns the configuration of a database behind a relay. look makes what sees the bytes that one connection sends before the server
// does; where it reports true the connection is cut off: the server hears these, and its answer is lost.
func through(t *testing.T, c db.Config, look func() func([]byte) (cut bool)) db.Config {
	t.Helper()
	u, err := url.Parse(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	server := u.Host
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go passOn(client, server, look())
		}
	}()
	u.Host = l.Addr().String()
	c.URL = u.String()
	return c
}

func passOn(client net.Conn, server string, look func([]byte) bool) {
	defer func() { _ = client.Close() }()
	up, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer func() { _ = up.Close() }()
	go func() { _, _ = io.Copy(client, up) }()
	buf := make([]byte, 1<<16)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if look(buf[:n]) {
			_ = client.Close() // nothing that the server says from here on arrives
		}
		if _, err := up.Write(buf[:n]); err != nil {
			return
		}
	}
}

// TestALostAnswerToACommit loses the server's answer to statements that had waited and to the commit they were sent with: the write may have
// been kept, so it must not run again.
func TestALostAnswerToACommit(t *testing.T) {
	t.Parallel()
	c := dbtest.PostgresConfig(t)
	direct, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = direct.Close() })
	if err := direct.Migrate(t.Context(), schemas...); err != nil {
		t.Fatal(err)
	}
	c = through(t, c, func() func([]byte) bool {
		return func(sent []byte) bool { return bytes.Contains(sent, []byte("cut here")) }
	})
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if _, err := add(t.Context(), d, "before"); err != nil {
		t.Fatal(err)
	}
	runs := 0
	err = d.Write(t.Context(), func(tx *db.Tx) error {
		runs++
		return tx.Later(t.Context(), "INSERT INTO note (text) VALUES (?)", "cut here")
	})
	if err == nil || runs != 1 {
		t.Errorf("%v after %d runs, want an error after one", err, runs)
	}
	if _, err := add(t.Context(), d, "later"); err != nil {
		t.Errorf("the next write: %v", err)
	}
}
