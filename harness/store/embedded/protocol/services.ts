import { randomUUID } from 'node:crypto';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { type handleUnaryCall, Server, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { EventStore } from '../event-store.ts';
import { append } from './append.ts';
import { batchAppend } from './batch-append.ts';
import { deleteStream, tombstoneStream } from './delete.ts';
import { read } from './read.ts';

/** The release whose behaviour this server follows. */
const VERSION = '23.10.0';
const MESSAGE_BYTES = 17 * 1024 * 1024;

/** A gRPC server over the store. Whatever isn't listed here answers UNIMPLEMENTED. `port` is told once it is known. */
export function createServer(store: EventStore, port: () => number): Server {
  const server = new Server({ 'grpc.max_receive_message_length': MESSAGE_BYTES, 'grpc.max_send_message_length': -1 });
  const { StreamsService } = streamsGrpc;
  const readsAsBytes = { ...StreamsService.read, responseSerialize: (message: Buffer) => message };
  server.addService({ ...StreamsService, read: readsAsBytes }, {
    read: (call: Parameters<typeof read>[1]) => void read(store, call),
    append: append.bind(undefined, store),
    batchAppend: batchAppend.bind(undefined, store),
    delete: deleteStream.bind(undefined, store),
    tombstone: tombstoneStream.bind(undefined, store),
  } as UntypedServiceImplementation);
  const supported = supportedMethods();
  const getSupportedMethods: handleUnaryCall<shared.Empty, features.SupportedMethods> = (_call, respond) =>
    respond(null, supported);
  server.addService(featuresGrpc.ServerFeaturesService, { getSupportedMethods } as UntypedServiceImplementation);
  const instance = randomUUID();
  const readMembers: handleUnaryCall<shared.Empty, gossip.ClusterInfo> = (_call, respond) =>
    respond(null, onlyMember(instance, port()));
  server.addService(gossipGrpc.GossipService, { read: readMembers } as UntypedServiceImplementation);
  return server;
}

function supportedMethods(): features.SupportedMethods {
  const supported = new features.SupportedMethods();
  supported.setEventStoreServerVersion(VERSION);
  for (const { path } of Object.values(streamsGrpc.StreamsService) as { path: string }[]) {
    const [, service = '', method = ''] = path.split('/');
    const entry = new features.SupportedMethod();
    entry.setServiceName(service);
    entry.setMethodName(method.toLowerCase());
    supported.addMethods(entry);
  }
  return supported;
}

/** A cluster of one, for clients that look for its leader. */
function onlyMember(instance: string, port: number): gossip.ClusterInfo {
  const id = new shared.UUID();
  id.setString(instance);
  const address = new gossip.EndPoint();
  address.setAddress('127.0.0.1');
  address.setPort(port);
  const member = new gossip.MemberInfo();
  member.setInstanceId(id);
  member.setTimeStamp(`${Date.now()}0000`);
  member.setState(gossip.MemberInfo.VNodeState.LEADER);
  member.setIsAlive(true);
  member.setHttpEndPoint(address);
  const cluster = new gossip.ClusterInfo();
  cluster.addMembers(member);
  return cluster;
}
