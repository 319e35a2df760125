"""The TensorFlow Lite flatbuffer schema as data: enums, tables by slot, options of operators.

Source: tensorflow/compiler/mlir/lite/schema/schema.fbs (schema version 3, revision 3d). Reader and
writer both work from this page, so a field is described once; tests/unit/test_tflite_schema.py
compares it with the generated classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FILE_IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3

_BUILTIN_OPERATORS = """
ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE
EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D
LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1
RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM
CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND
SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE
BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM
CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT
SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT
SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND
LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE
RESIZE_NEAREST_NEIGHBOR LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL
REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE
MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5
SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM
CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND
HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE
ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL
GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX
UNSORTED_SEGMENT_SUM ATAN2 UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR RIGHT_SHIFT
STABLEHLO_LOGISTIC STABLEHLO_ADD STABLEHLO_DIVIDE STABLEHLO_MULTIPLY STABLEHLO_MAXIMUM
STABLEHLO_RESHAPE STABLEHLO_CLAMP STABLEHLO_CONCATENATE STABLEHLO_BROADCAST_IN_DIM
STABLEHLO_CONVOLUTION STABLEHLO_SLICE STABLEHLO_CUSTOM_CALL STABLEHLO_REDUCE STABLEHLO_ABS
STABLEHLO_AND STABLEHLO_COSINE STABLEHLO_EXPONENTIAL STABLEHLO_FLOOR STABLEHLO_LOG
STABLEHLO_MINIMUM STABLEHLO_NEGATE STABLEHLO_OR STABLEHLO_POWER STABLEHLO_REMAINDER
STABLEHLO_RSQRT STABLEHLO_SELECT STABLEHLO_SUBTRACT STABLEHLO_TANH STABLEHLO_SCATTER
STABLEHLO_COMPARE STABLEHLO_CONVERT STABLEHLO_DYNAMIC_SLICE STABLEHLO_DYNAMIC_UPDATE_SLICE
STABLEHLO_PAD STABLEHLO_IOTA STABLEHLO_DOT_GENERAL STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT
STABLEHLO_WHILE STABLEHLO_GATHER STABLEHLO_TRANSPOSE DILATE STABLEHLO_RNG_BIT_GENERATOR
REDUCE_WINDOW STABLEHLO_COMPOSITE STABLEHLO_SHIFT_LEFT STABLEHLO_CBRT STABLEHLO_CASE
"""

_BUILTIN_OPTIONS = """
Conv2DOptions DepthwiseConv2DOptions ConcatEmbeddingsOptions LSHProjectionOptions
Pool2DOptions SVDFOptions RNNOptions FullyConnectedOptions SoftmaxOptions ConcatenationOptions
AddOptions L2NormOptions LocalResponseNormalizationOptions LSTMOptions ResizeBilinearOptions
CallOptions ReshapeOptions SkipGramOptions SpaceToDepthOptions EmbeddingLookupSparseOptions
MulOptions PadOptions GatherOptions BatchToSpaceNDOptions SpaceToBatchNDOptions
TransposeOptions ReducerOptions SubOptions DivOptions SqueezeOptions SequenceRNNOptions
StridedSliceOptions ExpOptions TopKV2Options SplitOptions LogSoftmaxOptions CastOptions
DequantizeOptions MaximumMinimumOptions ArgMaxOptions LessOptions NegOptions PadV2Options
GreaterOptions GreaterEqualOptions LessEqualOptions SelectOptions SliceOptions
TransposeConvOptions SparseToDenseOptions TileOptions ExpandDimsOptions EqualOptions
NotEqualOptions ShapeOptions PowOptions ArgMinOptions FakeQuantOptions PackOptions
LogicalOrOptions OneHotOptions LogicalAndOptions LogicalNotOptions UnpackOptions
FloorDivOptions SquareOptions ZerosLikeOptions FillOptions BidirectionalSequenceLSTMOptions
BidirectionalSequenceRNNOptions UnidirectionalSequenceLSTMOptions FloorModOptions RangeOptions
ResizeNearestNeighborOptions LeakyReluOptions SquaredDifferenceOptions MirrorPadOptions
AbsOptions SplitVOptions UniqueOptions ReverseV2Options AddNOptions GatherNdOptions CosOptions
WhereOptions RankOptions ReverseSequenceOptions MatrixDiagOptions QuantizeOptions
MatrixSetDiagOptions HardSwishOptions IfOptions WhileOptions DepthToSpaceOptions
NonMaxSuppressionV4Options NonMaxSuppressionV5Options ScatterNdOptions SelectV2Options
DensifyOptions SegmentSumOptions BatchMatMulOptions CumsumOptions CallOnceOptions
BroadcastToOptions Rfft2dOptions Conv3DOptions HashtableOptions HashtableFindOptions
HashtableImportOptions HashtableSizeOptions VarHandleOptions ReadVariableOptions
AssignVariableOptions RandomOptions BucketizeOptions GeluOptions DynamicUpdateSliceOptions
UnsortedSegmentProdOptions UnsortedSegmentMaxOptions UnsortedSegmentMinOptions
UnsortedSegmentSumOptions ATan2Options SignOptions BitcastOptions BitwiseXorOptions
RightShiftOptions
"""

_TENSOR_TYPES = """
FLOAT32 FLOAT16 INT32 UINT8 INT64 STRING BOOL INT16 COMPLEX64 INT8 FLOAT64 COMPLEX128 UINT64
RESOURCE VARIANT UINT32 UINT16 INT4 BFLOAT16 INT2 UINT4 FLOAT8_E4M3FN FLOAT8_E5M2
"""

BUILTIN_OPERATORS: tuple[str, ...] = tuple(_BUILTIN_OPERATORS.split())
"""Operator names; the position is the code."""

BUILTIN_OPTIONS: tuple[str, ...] = ("NONE", *_BUILTIN_OPTIONS.split())
"""Tables of the union BuiltinOptions; the position is the union's type code."""

PLACEHOLDER_CODE = BUILTIN_OPERATORS.index("PLACEHOLDER_FOR_GREATER_OP_CODES")
"""Operator codes from here on are only in OperatorCode.builtin_code (schema revision 3a)."""

ENUMS: Mapping[str, tuple[str, ...]] = {
    "TensorType": tuple(_TENSOR_TYPES.split()),
    "Padding": ("SAME", "VALID"),
    "ActivationFunctionType": ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"),
    "FullyConnectedOptionsWeightsFormat": ("DEFAULT", "SHUFFLED4x16INT8"),
    "LSTMKernelType": ("FULL", "BASIC"),
    "MirrorPadMode": ("REFLECT", "SYMMETRIC"),
    "CustomOptionsFormat": ("FLEXBUFFERS",),
}
"""Enums of one byte: names in the order of their values, which start at 0."""

_TABLES = """
Model: version:uint operator_codes:[OperatorCode] subgraphs:[SubGraph] description:string
  buffers:[Buffer] metadata_buffer:[int] metadata:[Metadata] signature_defs:[SignatureDef]
OperatorCode: deprecated_builtin_code:byte custom_code:string version:int=1 builtin_code:int
SubGraph: tensors:[Tensor] inputs:[int] outputs:[int] operators:[Operator] name:string
Tensor: shape:[int] type:TensorType buffer:uint name:string quantization:QuantizationParameters
  is_variable:bool sparsity:SparsityParameters shape_signature:[int] has_rank:bool
  variant_tensors:[VariantSubType] external_buffer:uint
QuantizationParameters: min:[float] max:[float] scale:[float] zero_point:[long] details_type:ubyte
  details:union quantized_dimension:int
Operator: opcode_index:uint inputs:[int] outputs:[int] builtin_options_type:ubyte
  builtin_options:union custom_options:[ubyte] custom_options_format:CustomOptionsFormat
  mutating_variable_inputs:[bool] intermediates:[int] large_custom_options_offset:ulong
  large_custom_options_size:ulong builtin_options_2_type:ubyte builtin_options_2:union
Buffer: data:[ubyte] offset:ulong size:ulong
Metadata: name:string buffer:uint

AddOptions: fused_activation_function:ActivationFunctionType pot_scale_int16:bool=1
ArgMaxOptions: output_type:TensorType
ArgMinOptions: output_type:TensorType
BatchMatMulOptions: adj_x:bool adj_y:bool asymmetric_quantize_inputs:bool
CallOnceOptions: init_subgraph_index:int
CastOptions: in_data_type:TensorType out_data_type:TensorType
ConcatenationOptions: axis:int fused_activation_function:ActivationFunctionType
Conv2DOptions: padding:Padding stride_w:int stride_h:int
  fused_activation_function:ActivationFunctionType dilation_w_factor:int=1 dilation_h_factor:int=1
  quantized_bias_type:TensorType
CumsumOptions: exclusive:bool reverse:bool
DepthToSpaceOptions: block_size:int
DepthwiseConv2DOptions: padding:Padding stride_w:int stride_h:int depth_multiplier:int
  fused_activation_function:ActivationFunctionType dilation_w_factor:int=1 dilation_h_factor:int=1
DivOptions: fused_activation_function:ActivationFunctionType
FullyConnectedOptions: fused_activation_function:ActivationFunctionType
  weights_format:FullyConnectedOptionsWeightsFormat keep_num_dims:bool
  asymmetric_quantize_inputs:bool quantized_bias_type:TensorType
GatherOptions: axis:int batch_dims:int
GeluOptions: approximate:bool
IfOptions: then_subgraph_index:int else_subgraph_index:int
L2NormOptions: fused_activation_function:ActivationFunctionType
LSTMOptions: fused_activation_function:ActivationFunctionType cell_clip:float proj_clip:float
  kernel_type:LSTMKernelType asymmetric_quantize_inputs:bool
LeakyReluOptions: alpha:float
MirrorPadOptions: mode:MirrorPadMode
MulOptions: fused_activation_function:ActivationFunctionType
OneHotOptions: axis:int
PackOptions: values_count:int axis:int
Pool2DOptions: padding:Padding stride_w:int stride_h:int filter_width:int filter_height:int
  fused_activation_function:ActivationFunctionType
ReducerOptions: keep_dims:bool
ReshapeOptions: new_shape:[int]
ResizeBilinearOptions: new_height:int new_width:int align_corners:bool half_pixel_centers:bool
ResizeNearestNeighborOptions: align_corners:bool half_pixel_centers:bool
SVDFOptions: rank:int fused_activation_function:ActivationFunctionType
  asymmetric_quantize_inputs:bool
ShapeOptions: out_type:TensorType
SoftmaxOptions: beta:float
SpaceToDepthOptions: block_size:int
SplitOptions: num_splits:int
SplitVOptions: num_splits:int
SqueezeOptions: squeeze_dims:[int]
StridedSliceOptions: begin_mask:int end_mask:int ellipsis_mask:int new_axis_mask:int
  shrink_axis_mask:int offset:bool
SubOptions: fused_activation_function:ActivationFunctionType pot_scale_int16:bool=1
TransposeConvOptions: padding:Padding stride_w:int stride_h:int
  fused_activation_function:ActivationFunctionType quantized_bias_type:TensorType
UnidirectionalSequenceLSTMOptions: fused_activation_function:ActivationFunctionType
  cell_clip:float proj_clip:float time_major:bool asymmetric_quantize_inputs:bool
  diagonal_recurrent_tensors:bool
UnpackOptions: num:int axis:int
VarHandleOptions: container:string shared_name:string
WhileOptions: cond_subgraph_index:int body_subgraph_index:int
"""

_EMPTY_TABLES = """
AbsOptions AddNOptions AssignVariableOptions BatchToSpaceNDOptions BroadcastToOptions CosOptions
DequantizeOptions EqualOptions ExpOptions ExpandDimsOptions FillOptions FloorDivOptions
FloorModOptions GatherNdOptions GreaterEqualOptions GreaterOptions HardSwishOptions
LessEqualOptions LessOptions LogSoftmaxOptions LogicalAndOptions LogicalNotOptions
LogicalOrOptions MaximumMinimumOptions NegOptions NotEqualOptions PadOptions PadV2Options
PowOptions QuantizeOptions RangeOptions RankOptions ReadVariableOptions ReverseV2Options
SelectOptions SelectV2Options SliceOptions SpaceToBatchNDOptions SquareOptions
SquaredDifferenceOptions TileOptions TopKV2Options TransposeOptions WhereOptions
ZerosLikeOptions
"""

_OPERATOR_OPTIONS = """
ABS:Abs ADD:Add ADD_N:AddN ARG_MAX:ArgMax ARG_MIN:ArgMin ASSIGN_VARIABLE:AssignVariable
AVERAGE_POOL_2D:Pool2D BATCH_MATMUL:BatchMatMul BATCH_TO_SPACE_ND:BatchToSpaceND
BROADCAST_TO:BroadcastTo CALL_ONCE:CallOnce CAST:Cast CONCATENATION:Concatenation CONV_2D:Conv2D
COS:Cos CUMSUM:Cumsum DEPTHWISE_CONV_2D:DepthwiseConv2D DEPTH_TO_SPACE:DepthToSpace
DEQUANTIZE:Dequantize DIV:Div EQUAL:Equal EXP:Exp EXPAND_DIMS:ExpandDims FILL:Fill
FLOOR_DIV:FloorDiv FLOOR_MOD:FloorMod FULLY_CONNECTED:FullyConnected GATHER:Gather
GATHER_ND:GatherNd GELU:Gelu GREATER:Greater GREATER_EQUAL:GreaterEqual HARD_SWISH:HardSwish IF:If
L2_NORMALIZATION:L2Norm L2_POOL_2D:Pool2D LEAKY_RELU:LeakyRelu LESS:Less LESS_EQUAL:LessEqual
LOGICAL_AND:LogicalAnd LOGICAL_NOT:LogicalNot LOGICAL_OR:LogicalOr LOG_SOFTMAX:LogSoftmax
LSTM:LSTM MAXIMUM:MaximumMinimum MAX_POOL_2D:Pool2D MEAN:Reducer MINIMUM:MaximumMinimum
MIRROR_PAD:MirrorPad MUL:Mul NEG:Neg NOT_EQUAL:NotEqual ONE_HOT:OneHot PACK:Pack PAD:Pad
PADV2:PadV2 POW:Pow QUANTIZE:Quantize RANGE:Range RANK:Rank READ_VARIABLE:ReadVariable
REDUCE_ALL:Reducer REDUCE_ANY:Reducer REDUCE_MAX:Reducer REDUCE_MIN:Reducer REDUCE_PROD:Reducer
RESHAPE:Reshape RESIZE_BILINEAR:ResizeBilinear RESIZE_NEAREST_NEIGHBOR:ResizeNearestNeighbor
REVERSE_V2:ReverseV2 SELECT:Select SELECT_V2:SelectV2 SHAPE:Shape SLICE:Slice SOFTMAX:Softmax
SPACE_TO_BATCH_ND:SpaceToBatchND SPACE_TO_DEPTH:SpaceToDepth SPLIT:Split SPLIT_V:SplitV
SQUARE:Square SQUARED_DIFFERENCE:SquaredDifference SQUEEZE:Squeeze STRIDED_SLICE:StridedSlice
SUB:Sub SUM:Reducer SVDF:SVDF TILE:Tile TOPK_V2:TopKV2 TRANSPOSE:Transpose
TRANSPOSE_CONV:TransposeConv UNIDIRECTIONAL_SEQUENCE_LSTM:UnidirectionalSequenceLSTM
UNPACK:Unpack VAR_HANDLE:VarHandle WHERE:Where WHILE:While ZEROS_LIKE:ZerosLike
"""

SCALAR_FORMATS: Mapping[str, str] = {
    "bool": "<b",
    "byte": "<b",
    "ubyte": "<B",
    "int": "<i",
    "uint": "<I",
    "long": "<q",
    "ulong": "<Q",
    "float": "<f",
}
"""struct format of each scalar type; an enum of one byte is read as "byte"."""


@dataclass(frozen=True)
class Field:
    """One field of a table.

    Attributes:
        name: the schema's name.
        slot: position in the vtable, from 0 (a union takes two slots, its type and its value).
        type: a key of SCALAR_FORMATS or of ENUMS, "string", "union", "[int]", or a table's name.
        default: what an absent scalar means; enums as their number.
    """

    name: str
    slot: int
    type: str
    default: int = 0

    @property
    def scalar(self) -> str:
        """The scalar type that this field is stored as; "" when it is an offset."""
        if self.type in ENUMS:
            return "byte"
        return self.type if self.type in SCALAR_FORMATS else ""


def _parse_tables() -> dict[str, dict[str, Field]]:
    tables: dict[str, dict[str, Field]] = {name: {} for name in _EMPTY_TABLES.split()}
    fields: dict[str, Field] = {}
    for word in _TABLES.split():
        name, _, kind = word.partition(":")
        if not kind:
            fields = tables[name] = {}
            continue
        kind, _, default = kind.partition("=")
        fields[name] = Field(name, len(fields), kind, int(default or 0))
    return tables


TABLES: Mapping[str, Mapping[str, Field]] = _parse_tables()
"""Table name -> field name -> Field, in slot order."""

OPERATOR_OPTIONS: Mapping[str, str] = {
    kind: f"{table}Options"
    for kind, _, table in (word.partition(":") for word in _OPERATOR_OPTIONS.split())
}
"""Operator name -> its table of builtin options; operators without options are not in it."""
