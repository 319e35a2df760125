/* Every reference kernel's entry in th_kernel_table. Not a header of declarations: the table of each kernel set includes it
 * inside its initialiser, behind its own entries. A deploy build (TH_DEPLOY_OPS) keeps the kernels its model needs,
 * TH_USE_<opcode>; a set that has a kernel of its own for an opcode of this list defines TH_OWN_<opcode>. */
#if !defined(TH_OWN_CONV_2D_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_CONV_2D_S8))
    {TH_OP_CONV_2D_S8, 6, 1, sizeof(th_conv_2d_params), th_conv_2d_s8, OPTIONAL_BIAS, th_check_conv_2d_s8},
#endif
#if !defined(TH_OWN_DEPTHWISE_CONV_2D_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_DEPTHWISE_CONV_2D_S8))
    {TH_OP_DEPTHWISE_CONV_2D_S8, 6, 1, sizeof(th_depthwise_conv_2d_params),
     th_depthwise_conv_2d_s8, OPTIONAL_BIAS, th_check_depthwise_conv_2d_s8},
#endif
#if !defined(TH_OWN_FULLY_CONNECTED_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_FULLY_CONNECTED_S8))
    {TH_OP_FULLY_CONNECTED_S8, 6, 1, sizeof(th_fully_connected_params),
     th_fully_connected_s8, OPTIONAL_BIAS, th_check_fully_connected_s8},
#endif
#if !defined(TH_OWN_AVERAGE_POOL_2D_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_AVERAGE_POOL_2D_S8))
    {TH_OP_AVERAGE_POOL_2D_S8, 2, 1, sizeof(th_pool_2d_params), th_average_pool_2d_s8, 0, th_check_pool_2d_s8},
#endif
#if !defined(TH_OWN_MAX_POOL_2D_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_MAX_POOL_2D_S8))
    {TH_OP_MAX_POOL_2D_S8, 2, 1, sizeof(th_pool_2d_params), th_max_pool_2d_s8, 0, th_check_pool_2d_s8},
#endif
#if !defined(TH_OWN_ADD_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_ADD_S8))
    {TH_OP_ADD_S8, 3, 1, sizeof(th_add_params), th_add_s8, 0, th_check_add_s8},
#endif
#if !defined(TH_OWN_COPY) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_COPY))
    {TH_OP_COPY, 2, 1, sizeof(th_copy_params), th_copy, 0, th_check_copy},
#endif
#if !defined(TH_OWN_SOFTMAX_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_SOFTMAX_S8))
    {TH_OP_SOFTMAX_S8, 2, 1, sizeof(th_softmax_s8_params), th_softmax_s8, 0, th_check_softmax_s8},
#endif
#if !defined(TH_OWN_SOFTMAX_S8_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_SOFTMAX_S8_S16))
    {TH_OP_SOFTMAX_S8_S16, 2, 1, sizeof(th_softmax_s8_params), th_softmax_s8_s16, 0, th_check_softmax_s8_s16},
#endif
#if !defined(TH_OWN_RELU_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_RELU_S8))
    {TH_OP_RELU_S8, 2, 1, sizeof(th_relu_params), th_relu_s8, 0, th_check_relu_s8},
#endif
#if !defined(TH_OWN_PAD_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_PAD_S8))
    {TH_OP_PAD_S8, 2, 1, sizeof(th_pad_params), th_pad_s8, 0, th_check_pad_s8},
#endif
#if !defined(TH_OWN_MEAN_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_MEAN_S8))
    {TH_OP_MEAN_S8, 2, 1, sizeof(th_mean_params), th_mean_s8, 0, th_check_mean_s8},
#endif
#if !defined(TH_OWN_QUANTIZE) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_QUANTIZE))
    {TH_OP_QUANTIZE, 2, 1, sizeof(th_quantize_params), th_quantize, 0, th_check_quantize},
#endif
#if !defined(TH_OWN_REQUANTIZE) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_REQUANTIZE))
    {TH_OP_REQUANTIZE, 2, 1, sizeof(th_requantize_params), th_requantize_tensor, 0, th_check_requantize},
#endif
#if !defined(TH_OWN_DEQUANTIZE) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_DEQUANTIZE))
    {TH_OP_DEQUANTIZE, 2, 1, sizeof(th_dequantize_params), th_dequantize, 0, th_check_dequantize},
#endif
#if !defined(TH_OWN_LOOKUP_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_LOOKUP_S8))
    {TH_OP_LOOKUP_S8, 3, 1, sizeof(th_lookup_s8_params), th_lookup_s8, 0, th_check_lookup_s8},
#endif
#if !defined(TH_OWN_STRIDED_COPY) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_STRIDED_COPY))
    {TH_OP_STRIDED_COPY, 2, 1, sizeof(th_strided_copy_params), th_strided_copy, 0, th_check_strided_copy},
#endif
#if !defined(TH_OWN_SUB_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_SUB_S8))
    {TH_OP_SUB_S8, 3, 1, sizeof(th_add_params), th_sub_s8, 0, th_check_add_s8},
#endif
#if !defined(TH_OWN_MUL_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_MUL_S8))
    {TH_OP_MUL_S8, 3, 1, sizeof(th_mul_params), th_mul_s8, 0, th_check_mul_s8},
#endif
#if !defined(TH_OWN_ADD_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_ADD_S16))
    {TH_OP_ADD_S16, 3, 1, sizeof(th_add_params), th_add_s16, 0, th_check_add_s16},
#endif
#if !defined(TH_OWN_SUB_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_SUB_S16))
    {TH_OP_SUB_S16, 3, 1, sizeof(th_add_params), th_sub_s16, 0, th_check_add_s16},
#endif
#if !defined(TH_OWN_MUL_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_MUL_S16))
    {TH_OP_MUL_S16, 3, 1, sizeof(th_mul_params), th_mul_s16, 0, th_check_mul_s16},
#endif
#if !defined(TH_OWN_ARITHMETIC_S32) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_ARITHMETIC_S32))
    {TH_OP_ARITHMETIC_S32, 3, 1, sizeof(th_arithmetic_s32_params), th_arithmetic_s32, 0, th_check_arithmetic_s32},
#endif
#if !defined(TH_OWN_MAXIMUM_MINIMUM) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_MAXIMUM_MINIMUM))
    {TH_OP_MAXIMUM_MINIMUM, 3, 1, sizeof(th_maximum_minimum_params), th_maximum_minimum, 0, th_check_maximum_minimum},
#endif
#if !defined(TH_OWN_PRELU) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_PRELU))
    {TH_OP_PRELU, 3, 1, sizeof(th_prelu_params), th_prelu, 0, th_check_prelu},
#endif
#if !defined(TH_OWN_LEAKY_RELU_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_LEAKY_RELU_S16))
    {TH_OP_LEAKY_RELU_S16, 2, 1, sizeof(th_leaky_relu_s16_params), th_leaky_relu_s16, 0, th_check_leaky_relu_s16},
#endif
#if !defined(TH_OWN_LOGISTIC_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_LOGISTIC_S16))
    {TH_OP_LOGISTIC_S16, 3, 1, sizeof(th_sigmoid_s16_params), th_logistic_s16, 0, th_check_sigmoid_s16},
#endif
#if !defined(TH_OWN_TANH_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_TANH_S16))
    {TH_OP_TANH_S16, 3, 1, sizeof(th_sigmoid_s16_params), th_tanh_s16, 0, th_check_sigmoid_s16},
#endif
#if !defined(TH_OWN_RESIZE_NEAREST_NEIGHBOR) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_RESIZE_NEAREST_NEIGHBOR))
    {TH_OP_RESIZE_NEAREST_NEIGHBOR, 4, 1, sizeof(th_resize_nearest_neighbor_params),
     th_resize_nearest_neighbor, 0, th_check_resize_nearest_neighbor},
#endif
#if !defined(TH_OWN_RESIZE_BILINEAR_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_RESIZE_BILINEAR_S8))
    {TH_OP_RESIZE_BILINEAR_S8, 2, 1, sizeof(th_resize_bilinear_s8_params),
     th_resize_bilinear_s8, 0, th_check_resize_bilinear_s8},
#endif
#if !defined(TH_OWN_ARG_MAX) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_ARG_MAX))
    {TH_OP_ARG_MAX, 2, 1, sizeof(th_arg_max_params), th_arg_max, 0, th_check_arg_max},
#endif
#if !defined(TH_OWN_MEAN_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_MEAN_S16))
    {TH_OP_MEAN_S16, 2, 1, sizeof(th_mean_params), th_mean_s16, 0, th_check_mean_s16},
#endif
#if !defined(TH_OWN_REDUCE_MAX) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_REDUCE_MAX))
    {TH_OP_REDUCE_MAX, 2, 1, sizeof(th_reduce_max_params), th_reduce_max, 0, th_check_reduce_max},
#endif
#if !defined(TH_OWN_RELU_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_RELU_S16))
    {TH_OP_RELU_S16, 2, 1, sizeof(th_relu_params), th_relu_s16, 0, th_check_relu_s16},
#endif
#if !defined(TH_OWN_CONV_2D_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_CONV_2D_S16))
    {TH_OP_CONV_2D_S16, 6, 1, sizeof(th_conv_2d_params), th_conv_2d_s16, OPTIONAL_BIAS, th_check_conv_2d_s16},
#endif
#if !defined(TH_OWN_DEPTHWISE_CONV_2D_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_DEPTHWISE_CONV_2D_S16))
    {TH_OP_DEPTHWISE_CONV_2D_S16, 6, 1, sizeof(th_depthwise_conv_2d_params),
     th_depthwise_conv_2d_s16, OPTIONAL_BIAS, th_check_depthwise_conv_2d_s16},
#endif
#if !defined(TH_OWN_FULLY_CONNECTED_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_FULLY_CONNECTED_S16))
    {TH_OP_FULLY_CONNECTED_S16, 6, 1, sizeof(th_fully_connected_params),
     th_fully_connected_s16, OPTIONAL_BIAS, th_check_fully_connected_s16},
#endif
#if !defined(TH_OWN_AVERAGE_POOL_2D_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_AVERAGE_POOL_2D_S16))
    {TH_OP_AVERAGE_POOL_2D_S16, 2, 1, sizeof(th_pool_2d_params), th_average_pool_2d_s16, 0, th_check_pool_2d_s16},
#endif
#if !defined(TH_OWN_MAX_POOL_2D_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_MAX_POOL_2D_S16))
    {TH_OP_MAX_POOL_2D_S16, 2, 1, sizeof(th_pool_2d_params), th_max_pool_2d_s16, 0, th_check_pool_2d_s16},
#endif
#if !defined(TH_OWN_PAD_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_PAD_S16))
    {TH_OP_PAD_S16, 2, 1, sizeof(th_pad_params), th_pad_s16, 0, th_check_pad_s16},
#endif
#if !defined(TH_OWN_SOFTMAX_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_SOFTMAX_S16))
    {TH_OP_SOFTMAX_S16, 4, 1, sizeof(th_softmax_s16_params), th_softmax_s16, 0, th_check_softmax_s16},
#endif
#if !defined(TH_OWN_TRANSPOSE_CONV_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_TRANSPOSE_CONV_S8))
    {TH_OP_TRANSPOSE_CONV_S8, 6, 1, sizeof(th_transpose_conv_params),
     th_transpose_conv_s8, OPTIONAL_BIAS, th_check_transpose_conv_s8},
#endif
#if !defined(TH_OWN_TRANSPOSE_CONV_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_TRANSPOSE_CONV_S16))
    {TH_OP_TRANSPOSE_CONV_S16, 6, 1, sizeof(th_transpose_conv_params),
     th_transpose_conv_s16, OPTIONAL_BIAS, th_check_transpose_conv_s16},
#endif
#if !defined(TH_OWN_BATCH_MATMUL_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_BATCH_MATMUL_S8))
    {TH_OP_BATCH_MATMUL_S8, 3, 1, sizeof(th_batch_matmul_params), th_batch_matmul_s8, 0, th_check_batch_matmul_s8},
#endif
#if !defined(TH_OWN_BATCH_MATMUL_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_BATCH_MATMUL_S16))
    {TH_OP_BATCH_MATMUL_S16, 3, 1, sizeof(th_batch_matmul_params), th_batch_matmul_s16, 0, th_check_batch_matmul_s16},
#endif
#if !defined(TH_OWN_SVDF_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_SVDF_S8))
    {TH_OP_SVDF_S8, 6, 2, sizeof(th_svdf_params), th_svdf_s8, OPTIONAL_SVDF_BIAS, th_check_svdf_s8},
#endif
#if !defined(TH_OWN_SVDF_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_SVDF_S16))
    {TH_OP_SVDF_S16, 6, 2, sizeof(th_svdf_params), th_svdf_s16, OPTIONAL_SVDF_BIAS, th_check_svdf_s16},
#endif
#if !defined(TH_OWN_LSTM_S8) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_LSTM_S8))
    {TH_OP_LSTM_S8, 8, 3, sizeof(th_lstm_params), th_lstm_s8, 0, th_check_lstm_s8},
#endif
#if !defined(TH_OWN_LSTM_S16) && (!defined(TH_DEPLOY_OPS) || defined(TH_USE_LSTM_S16))
    {TH_OP_LSTM_S16, 8, 3, sizeof(th_lstm_params), th_lstm_s16, 0, th_check_lstm_s16},
#endif
