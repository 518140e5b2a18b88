package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// copyOne streams one GET into the SDK's multipart uploader: 16 MiB parts, four at once, a digest for each part.
// The authorities in SSL_CERT_FILE are trusted.
func copyOne(args []string) error {
	if len(args) != 4 {
		return errors.New("usage: peers copy <source URL> <endpoint> <key> <crc32|sha256>")
	}
	algorithm := types.ChecksumAlgorithmCrc32
	if args[3] == "sha256" {
		algorithm = types.ChecksumAlgorithmSha256
	}
	client := s3.New(s3.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(args[1]),
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider("nullsink", "nullsink", ""),
	})
	source, err := http.Get(args[0])
	if err != nil {
		return err
	}
	defer source.Body.Close()
	uploader := manager.NewUploader(client, func(u *manager.Uploader) {
		u.PartSize = 16 << 20
		u.Concurrency = 4
	})
	_, err = uploader.Upload(context.Background(), &s3.PutObjectInput{
		Bucket:            aws.String("null-bucket"),
		Key:               aws.String(args[2]),
		Body:              source.Body,
		ChecksumAlgorithm: algorithm,
	})
	return err
}
