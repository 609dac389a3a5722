package localca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ensureKey reads the key at path and makes one when there is none.
func ensureKey(path string) (*ecdsa.PrivateKey, error) {
	der, err := ensureFile(path, "EC PRIVATE KEY", 0o600, func() ([]byte, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		return x509.MarshalECPrivateKey(key)
	})
	if err != nil {
		return nil, err
	}
	key, err := x509.ParseECPrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return key, nil
}

// ensureCertificate reads the authority's certificate at path. When there is none it makes one for key: a process that
// died after it wrote the key leaves nothing broken behind.
func ensureCertificate(path string, key *ecdsa.PrivateKey, now time.Time, only []string) (*x509.Certificate, error) {
	der, err := ensureFile(path, "CERTIFICATE", 0o644, func() ([]byte, error) {
		template, err := authorityTemplate(&key.PublicKey, now)
		if err != nil {
			return nil, err
		}
		constrain(template, only)
		return x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	})
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return nil, fmt.Errorf("%s does not belong to %s beside it", path, KeyFile)
	}
	if now.After(cert.NotAfter) {
		return nil, fmt.Errorf("%s ended on %s: delete it, start again and trust the new one",
			path, cert.NotAfter.Format(time.DateOnly))
	}
	return cert, nil
}

// ensureFile returns the content of the PEM block in the file at path, which it writes with what create makes when there is
// none. Of several processes one writes the file and all read the same; nobody sees half of it.
func ensureFile(path, block string, mode fs.FileMode, create func() ([]byte, error)) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		der, err := create()
		if err != nil {
			return nil, fmt.Errorf("create %s: %w", path, err)
		}
		if err := writeNew(path, pem.EncodeToMemory(&pem.Block{Type: block, Bytes: der}), mode); err != nil {
			return nil, fmt.Errorf("create %s: %w", path, err)
		}
		raw, err = os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return decode(path, block, raw)
	}
	if err != nil {
		return nil, err
	}
	return decode(path, block, raw)
}

func decode(path, block string, raw []byte) ([]byte, error) {
	b, _ := pem.Decode(raw)
	if b == nil || b.Type != block {
		return nil, fmt.Errorf("read %s: it holds no %s in PEM form", path, block)
	}
	return b.Bytes, nil
}

// writeNew puts a file with content at path, whole or not at all, unless there is one by then.
func writeNew(path string, content []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	// A link, unlike a rename, does not replace what another process has put there.
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func encodeCertificate(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
