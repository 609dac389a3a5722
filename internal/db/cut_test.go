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

// cutAfterCommit passes connections on to a server, and cuts one off that sends a certain write with its commit: the server hears it, and its
// answer is lost.
func cutAfterCommit(t *testing.T, server string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go passOn(client, server)
		}
	}()
	return l.Addr().String()
}

func passOn(client net.Conn, server string) {
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
		if bytes.Contains(buf[:n], []byte("cut here")) {
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
	u, err := url.Parse(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = cutAfterCommit(t, u.Host)
	c.URL = u.String()
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
