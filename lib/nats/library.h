/*
 * libnats, opened when it is first needed: it brings libssl and protobuf-c along, which must cost
 * nothing where no server is configured. The members are libnats' own functions by their names.
 */
#ifndef NETVANE_LIB_NATS_LIBRARY_H
#define NETVANE_LIB_NATS_LIBRARY_H

#include <nats/nats.h>

#define VANE_NATS_FUNCTIONS(F)                                                                     \
    F(nats_Open)                                                                                   \
    F(nats_GetLastError)                                                                           \
    F(nats_ReleaseThreadMemory)                                                                    \
    F(natsStatus_GetText)                                                                          \
    F(natsOptions_Create)                                                                          \
    F(natsOptions_Destroy)                                                                         \
    F(natsOptions_LoadCATrustedCertificates)                                                       \
    F(natsOptions_LoadCertificatesChain)                                                           \
    F(natsOptions_SetAllowReconnect)                                                               \
    F(natsOptions_SetClosedCB)                                                                     \
    F(natsOptions_SetErrorHandler)                                                                 \
    F(natsOptions_SetMaxPingsOut)                                                                  \
    F(natsOptions_SetNKey)                                                                         \
    F(natsOptions_SetName)                                                                         \
    F(natsOptions_SetPingInterval)                                                                 \
    F(natsOptions_SetSecure)                                                                       \
    F(natsOptions_SetSendAsap)                                                                     \
    F(natsOptions_SetTimeout)                                                                      \
    F(natsOptions_SetToken)                                                                        \
    F(natsOptions_SetURL)                                                                          \
    F(natsOptions_SetUserCredentialsCallbacks)                                                     \
    F(natsOptions_SetUserInfo)                                                                     \
    F(natsOptions_SetWriteDeadline)                                                                \
    F(natsOptions_UseGlobalMessageDelivery)                                                        \
    F(natsConnection_Connect)                                                                      \
    F(natsConnection_Destroy)                                                                      \
    F(natsConnection_FlushTimeout)                                                                 \
    F(natsConnection_GetDiscoveredServers)                                                         \
    F(natsConnection_GetMaxPayload)                                                                \
    F(natsConnection_IsClosed)                                                                     \
    F(natsConnection_PublishMsg)                                                                   \
    F(natsConnection_QueueSubscribe)                                                               \
    F(natsConnection_Subscribe)                                                                    \
    F(natsSubscription_Destroy)                                                                    \
    F(natsSubscription_SetPendingLimits)                                                           \
    F(natsMsg_Create)                                                                              \
    F(natsMsg_Destroy)                                                                             \
    F(natsMsg_GetData)                                                                             \
    F(natsMsg_GetDataLength)                                                                       \
    F(natsMsg_GetReply)                                                                            \
    F(natsMsg_GetSubject)                                                                          \
    F(natsMsg_IsNoResponders)                                                                      \
    F(natsMsgHeader_Get)                                                                           \
    F(natsMsgHeader_Set)

struct vane_nats_library {
#define VANE_NATS_POINTER(function) __typeof__(function) *(function);
    VANE_NATS_FUNCTIONS(VANE_NATS_POINTER)
#undef VANE_NATS_POINTER
};

/*
 * The library, opened and started. NULL: it is not there; `problem` then says why and what to do,
 * valid for ever. On one thread at a time.
 */
const struct vane_nats_library *vane_nats_library(const char **problem);

#endif
